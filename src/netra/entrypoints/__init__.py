"""Entry points: HTTP, WebSocket, command line and the embedded library."""
