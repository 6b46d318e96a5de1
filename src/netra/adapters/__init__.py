"""One folder a technology; only the composition root names them."""
