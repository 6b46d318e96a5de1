"""Serving open models on GPUs in place of an API."""
