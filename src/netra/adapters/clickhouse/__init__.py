"""ClickHouse: stores the events of workloads, over HTTP or in process (chDB), depending on the address."""
