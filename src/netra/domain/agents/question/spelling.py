"""Correct typing errors in the words that decide how a question is read: "30 precent cheeper"."""

import re
from collections.abc import Collection
from typing import Final

_KEYS: Final = """
    percent cheaper faster slower quicker latency budget monthly month traffic reduce reduction savings
    expensive requests throughput exclude except without below within maximum minimum seconds second
    milliseconds million thousand dollars increase decrease percentile untouched unchanged double triple
    quarter average median everything currently invoice spending untouchable growth weekly yearly tokens
    answers
"""
_REAL: Final = """
    saving doable doubt enable request respond responds optimisation percents dollar thousands millions
    maximal minimal limits requested requester usage secondary monthlies yearling taken foster fatter
    fasten falter bellow belong speed spent mouth cheater cheaters slowed sayings saying currant doubly
    quartet doubled spendings budgeted reduces reduced moth months taken given groww grown grows gross
    weakly yearn secondly seconded expensively increased increases decreased decreases supports reports
    futures creature trafficked average averages accept accepts expect expects expected withing witting
    tripled triplet targets targeted answered answer featured optimized optimised optimizer optimiser
    tokenize broken spoken invoices invoiced responses responded quarters quarterly resources resource
    minima maxima tripe trifle treble doubles secure retention retain growing growth growl grove glow
    annul annals manual
"""
_KEY: Final = tuple(_KEYS.split())
_SKELETONS: Final = {
    key[0] + re.sub("[aeiou]", "", key[1:]): key
    for key in (
        *_KEY,
        "from",
        "under",
        "nothing",
        "most",
        "make",
        "want",
        "need",
        "more",
        "than",
        "less",
        "with",
        "cost",
        "costs",
        "bill",
    )
}  # words without their vowels, as typed on a phone: "mnth", "prcnt"
_WORD: Final = re.compile(r"(?<![\w'’@#.-])[A-Za-z]{3,16}(?![\w'’/-]|\.\w)")
_KNOWN: Final = frozenset((*_KEY, *_REAL.split()))
_LENGTH_MIN: Final = 5  # letters of a word that is compared
_LONG: Final = 8  # letters of a key that may have two errors


def without_slips(text: str, *, names: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Return `text` with typing errors corrected, and what was assumed; `names` are left as they are.

    >>> without_slips("mak it 30 precent cheeper", names=())[0]
    'mak it 30 percent cheaper'
    """
    own = frozenset(word for name in names for word in re.findall("[a-z]+", name.lower()))
    assumed: list[str] = []

    def corrected(match: re.Match[str]) -> str:
        word = match[0]
        key = _near(word.lower()) if word.lower() not in own else None
        if key is None:
            return word
        assumed.append(f"“{word}” is “{key}”")
        return key.capitalize() if word[0].isupper() else key

    return _WORD.sub(corrected, text), tuple(assumed)


def _near(word: str) -> str | None:
    """Return the only key word that a typing error turns into `word`; None for a word of its own."""
    if word in _KNOWN:
        return None
    if word in _SKELETONS:
        return _SKELETONS[word]
    found = [key for key in _KEY if _is_slip_of(word, key)]
    return found[0] if len(found) == 1 else None


def _is_slip_of(word: str, key: str) -> bool:
    if (
        len(word) < _LENGTH_MIN
        or word[0] != key[0]
        or abs(len(word) - len(key)) > 1
        or len(key) < _LENGTH_MIN
    ):
        return False
    if word.rstrip("s") == key.rstrip("s"):
        return False
    if len(word) >= len(key) and word.startswith(key[:-2]) and word[-2:] != key[-2:]:
        return False  # another form of the key
    return _errors(word, key) <= (2 if len(key) >= _LONG else 1)


def _errors(one: str, other: str) -> int:
    """Return the letters added, left out, replaced or exchanged with their neighbour.

    >>> _errors("precent", "percent"), _errors("budgt", "budget")
    (1, 1)
    """
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
