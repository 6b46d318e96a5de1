"""Every port over plain dictionaries: test doubles, and the store of an embedded program."""
