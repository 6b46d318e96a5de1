"""One idea for saving a file: its formula, its source, its valid range."""
