"""Compares the performance model with measurements, for `netra validate performance`."""
