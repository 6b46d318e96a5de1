"""ClickHouse: the events of workloads, behind HTTP or in process (chDB), by the address alone."""
