"""Explain why the bill of one period differs from that of another: LMDI over the factors of a bill."""
