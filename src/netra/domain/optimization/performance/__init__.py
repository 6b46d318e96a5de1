"""How long steps take and how many replicas hold a limit: roofline, calibration, replay."""
