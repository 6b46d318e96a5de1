"""Prompt caching: whether, where and for how long."""
