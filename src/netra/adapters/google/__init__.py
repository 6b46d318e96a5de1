"""Sign-in with an OpenID provider: Google, or another one chosen by a setting."""
