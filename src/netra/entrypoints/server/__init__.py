"""The HTTP server under the application: protocol bounds, start, supervision, shutdown."""
