"""Check every number, name and date in a text against the payload it describes."""
