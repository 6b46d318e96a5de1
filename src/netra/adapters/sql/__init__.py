"""Ports over a relational database: SQLite or PostgreSQL."""
