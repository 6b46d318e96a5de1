"""Tables of workloads' calls: blocks of columns, digests of their ids, and the outbox to an archive."""
