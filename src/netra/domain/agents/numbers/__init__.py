"""Read numbers in text, with their units, for the reader of questions and for the guard of answers."""
