"""The five agents in order, and the checked data that each passes to the next."""
