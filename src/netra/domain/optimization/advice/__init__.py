"""Builds the sections of the result: recommendations, actions, supply configuration, targets."""
