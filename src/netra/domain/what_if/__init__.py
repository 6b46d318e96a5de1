"""Simulate a proposed change on a workload's own log."""
