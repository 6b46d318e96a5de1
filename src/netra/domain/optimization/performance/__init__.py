"""Models step times and sizes fleets to latency limits: roofline, calibration, replay."""
