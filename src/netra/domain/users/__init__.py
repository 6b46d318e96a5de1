"""Users: accounts, sign-in, sessions and API keys."""
