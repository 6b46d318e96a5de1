"""Records the model calls of one program, for `netra record`."""
