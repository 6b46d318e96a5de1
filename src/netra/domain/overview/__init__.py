"""Sum a workload's calls for a chart: over time, by name, by hour of the week, with costs and latencies."""
