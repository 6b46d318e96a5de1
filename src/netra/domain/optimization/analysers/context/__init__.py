"""What a conversation sends again with each call: what the prompt cache missed, and how far context grows."""
