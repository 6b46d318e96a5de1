"""Re-prices and replays a proposed change."""
