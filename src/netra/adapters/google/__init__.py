"""Sign-in by an OpenID provider: Google, or whichever one setting names."""
