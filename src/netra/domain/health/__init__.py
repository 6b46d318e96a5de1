"""Health of the dependencies."""
