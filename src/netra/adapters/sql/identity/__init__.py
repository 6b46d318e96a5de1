"""Users, sessions, API keys, one-time values and the security log in tables."""
