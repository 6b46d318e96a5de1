"""The models, rules and services of Netra; pure, without input or output."""
