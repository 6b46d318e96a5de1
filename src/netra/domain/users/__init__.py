"""People: sign-in, sign-out, sessions."""
