"""The commands of `netra`, one a module; `cli` finds them by name and loads only the one asked for."""
