"""The security log: a record of sign-ins, keys and refused access."""
