"""The five agents in their order, and what each hands to the next."""
