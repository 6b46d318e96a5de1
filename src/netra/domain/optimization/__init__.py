"""What to do about a workload, computed from its own log."""
