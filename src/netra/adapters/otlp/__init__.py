"""OTLP over HTTP, decoded: protobuf and JSON."""
