"""Runs: a question's lifecycle, events, worker and followers."""
