"""Transactions over the standard library's SQLite: one writer thread, direct readers."""
