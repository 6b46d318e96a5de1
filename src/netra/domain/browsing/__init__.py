"""Read stored calls back: one page of a workload's events, filtered, sorted and priced."""
