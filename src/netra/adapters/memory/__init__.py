"""Every port over plain dictionaries: the doubles of the tests, and the store of an embedded program."""
