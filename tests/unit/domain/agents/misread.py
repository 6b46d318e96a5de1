"""Twenty questions that are easily misread, each with what its answer must say that it understood."""

from typing import Final

MISREAD: Final[tuple[tuple[str, str], ...]] = (
    ("leave chat alone, optimise the rest", "leave chat unchanged"),
    ("everything except search should be 20 % cheaper", "20 % cheaper; leave search unchanged"),
    ("twenty five percent cheaper", "25 % cheaper"),
    ("three quarters of today's cost", "25 % cheaper"),
    ("calls within 1,5 s", "latency p99 <= 1,500 ms"),
    ("TTFT p99 <= 1 s, TPOT p99 <= 50 ms", "TTFT p99 <= 1,000 ms; TPOT p99 <= 50 ms"),
    ("95 % of answers in 2 s", "latency p95 <= 2,000 ms"),
    ("1000 ms >= TTFT p90 for chat", "TTFT p90 <= 1,000 ms for chat"),
    ("we cut costs 30 % last year, what is left?", "as a fact: “we cut costs 30 % last year”"),
    ("our vendor promises 60 % savings, find ours", "as a fact: “our vendor promises 60 % savings”"),
    ("currently at $9k/month, need $7k", "a budget of $7,000 a month; as a fact: “currently at $9k/month”"),
    ("save me $3k a month", "save $3,000 a month"),
    ("the bill has to fall by $650 monthly", "save $650.00 a month"),
    ("not 20 % cheaper – 40 %", "40 % cheaper"),
    ("forget the 500 ms limit, 10 % cheaper", "“500 ms” is taken back"),
    ("at most 3 H100s, cheaper", "at most 3x H100"),
    ("moving from gpt-4o to gpt 4o mini", "from gpt-4o to gpt-4o-mini"),
    ("2x faster for search, 20 % cheaper for chat", "search: a speed-up of 2x; chat: 20 % cheaper"),
    ("make it better", "What should become better"),
    ("keep it under €500 a month", "“€500 a month”: sums are read in US dollars only"),
)
