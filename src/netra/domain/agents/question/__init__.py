"""Read a question into `Goals` without a language model."""
