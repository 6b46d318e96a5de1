"""Tables of users, sessions, API keys, one-time values and the security log."""
