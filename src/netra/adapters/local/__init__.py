"""In-process adapters: clock, identifiers, passwords, feeds and wake-ups, rate limits."""
