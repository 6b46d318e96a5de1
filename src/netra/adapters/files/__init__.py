"""Reads request logs from files: CSV, JSONL and two public trace formats."""
