"""What was measured: a named stream of model calls, as rows at the edge and columns inside."""
