"""What one process can do by itself: clock, identifiers, passwords, signals, rate limits."""
