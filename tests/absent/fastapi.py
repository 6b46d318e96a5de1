"""Stands before the FastAPI that a test server brings: the container's library would load it each time."""

raise ImportError("programs under test are started as where only what Netra needs is installed")
