"""Deadlines, circuit breakers, request coalescing and backoff, for every adapter that talks to a server.

Nothing here knows a protocol, a driver or another adapter.
"""
