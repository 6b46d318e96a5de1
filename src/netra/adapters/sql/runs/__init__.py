"""Runs in tables: accepted, claimed under a lease, finished."""
