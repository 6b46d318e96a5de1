"""The socket API: frames, a session without I/O, and the pump that connects it to a connection."""
