"""What Netra knows and decides: pure models, rules and services, free of frameworks."""
