"""The answer in words, written from the computed result."""
