"""What users decide about the recommendations on a workload."""
