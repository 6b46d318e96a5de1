"""Moving calls to another model, and judging a move that was made."""
