"""What a log shows before any advice: span, statuses, latency, duplicates."""
