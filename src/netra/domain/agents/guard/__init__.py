"""Checks every number, name and date of a text against the payload it describes."""
