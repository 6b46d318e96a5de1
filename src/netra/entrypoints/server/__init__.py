"""The HTTP server under the application: protocol limits, start, supervision, shutdown."""
