"""How far a figure from one log can be trusted: clusters of calls, intervals, the level of a month."""
