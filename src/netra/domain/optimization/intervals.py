"""What accepted and refused answers can prove: intervals of shares, and how many answers to judge.

Formulas only; which answers are compared is `right_sizing`'s and `routing_by_outcome`'s.
"""

from math import ceil, sqrt
from typing import Final

Z_95: Final = 1.959964  # two-sided 95 % of the normal distribution


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share. Wilson, J. Am. Stat. Assoc. 22 (1927); any count of trials.

    `(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`; no trials say nothing: (0, 1).

    >>> [round(end, 3) for end in wilson(90, 100)]
    [0.826, 0.945]
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    squared = Z_95 * Z_95 / trials
    centre = share + squared / 2
    reach = Z_95 * sqrt(share * (1 - share) / trials + squared / trials / 4)
    return max((centre - reach) / (1 + squared), 0.0), min((centre + reach) / (1 + squared), 1.0)


def difference(successes: int, trials: int, *, than: tuple[int, int]) -> tuple[float, float]:
    """Return the 95 % interval of how much higher a share is than another's (successes, trials).

    Newcombe's hybrid score interval, Stat. Med. 17 (1998), method 10; valid for independent answers.

    >>> [round(end, 3) for end in difference(56, 70, than=(48, 80))]
    [0.052, 0.334]
    """
    if trials == 0 or than[1] == 0:
        return -1.0, 1.0
    share, other = successes / trials, than[0] / than[1]
    low, high = wilson(successes, trials)
    other_low, other_high = wilson(*than)
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return share - other - below, share - other + above


def break_even_accept_rate(*, weak_usd: float, strong_usd: float) -> float:
    """Return the accept rate above which trying the weak model first pays: `C_weak / C_strong`.

    A cascade costs `C_weak + (1 - a) C_strong`, less than `C_strong` if and only if a > C_weak/C_strong.

    >>> break_even_accept_rate(weak_usd=0.2, strong_usd=1.0)
    0.2
    """
    return weak_usd / strong_usd


def answers_to_judge(*, expected_share: float, within: float) -> int:
    """Return how many answers determine a share to `within` at 95 %: `z^2 p (1 - p) / e^2`, at least 50.

    >>> answers_to_judge(expected_share=0.5, within=0.05), answers_to_judge(expected_share=0.99, within=0.05)
    (385, 50)
    """
    return max(ceil(Z_95 * Z_95 * expected_share * (1 - expected_share) / (within * within)), 50)
