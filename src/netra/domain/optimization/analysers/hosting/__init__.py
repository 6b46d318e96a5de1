"""Analysers for serving open models on rented GPUs instead of an API."""
