"""Redis: transient state shared by processes; every use has an in-process fallback."""
