"""Calls of workloads in tables: blocks of columns, their ids, the outbox to an archive."""
