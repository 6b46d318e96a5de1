"""Ports over a relational database: SQLite today."""
