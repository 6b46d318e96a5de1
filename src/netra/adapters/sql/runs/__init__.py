"""Tables of runs: accepted, claimed under a lease, finished."""
