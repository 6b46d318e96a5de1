"""List prices of language models, from the genai-prices data set."""
