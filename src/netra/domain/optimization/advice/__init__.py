"""The result for the reader: recommendations, actions, supply configuration, targets."""
