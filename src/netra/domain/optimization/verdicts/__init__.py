"""What a change did: the part that prices decide, the part that behaviour decides, and the ruling."""
