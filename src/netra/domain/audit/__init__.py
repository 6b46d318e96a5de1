"""What happened to who may come in: the security log."""
