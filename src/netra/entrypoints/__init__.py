"""The doors: HTTP, WebSocket, the command line and the embedded library."""
