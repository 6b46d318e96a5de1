"""What the agents do with a language model: read the question, look things up, word the answer; no number."""
