"""The commands of `netra`, one a module; `cli` finds them by name and loads only the one that is asked for."""
