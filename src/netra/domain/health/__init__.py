"""Whether what the service depends on is there."""
