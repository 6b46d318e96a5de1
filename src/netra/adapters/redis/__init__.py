"""Redis: what processes share at once and may lose at any time; every use has a stand-in in process."""
