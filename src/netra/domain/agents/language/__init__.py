"""Use a language model to read the question, look up data and write the answer; never to compute a number."""
