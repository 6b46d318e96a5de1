"""Threads (conversations) and their messages."""
