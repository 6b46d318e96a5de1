"""Corpora written by people who had not read the reader or the guard, and how they are scored."""
