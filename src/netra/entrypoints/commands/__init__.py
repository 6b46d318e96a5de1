"""The commands of `netra`, one per module; `cli` finds them by name and imports only the one that runs."""
