"""A language model behind OpenAI's wire format: OpenAI itself, or any compatible server."""
