"""Model calls out of telemetry: each call once, with the provider's counts, whatever emitted it."""
