"""The socket: frames, a session without I/O, and the pump that gives it a connection."""
