"""Workloads: named streams of model calls, as rows at the edge and as columns inside."""
