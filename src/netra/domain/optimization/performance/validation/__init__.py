"""Compares the performance model with measurements: the logic of `netra validate performance`."""
