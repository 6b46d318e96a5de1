"""What adopted recommendations brought."""
