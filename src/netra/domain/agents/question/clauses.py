"""Split a message into clauses and mark the words that name the subject of a number.

The target modules decide which target a number sets.
"""

import enum
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec


class Subject(enum.StrEnum):
    """The subject of a number."""

    MONEY = "money"
    RATE = "rate"  # higher is faster: speed, throughput
    TIME = "time"  # higher is slower: latency
    TRAFFIC = "traffic"
    GROWTH = "growth"  # growth of traffic, unless the message names another subject
    FIRST_TOKEN = "first_token"  # noqa: S105  # a token of a language model, no secret
    PER_TOKEN = "per_token"  # noqa: S105  # the same
    MEMORY = "memory"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A word that names a subject, and its position."""

    subject: Subject
    start: int
    end: int
    text: str
    is_weak: bool = False  # names the subject only without another: the calls of "the cost of our calls"


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the message about one subject."""

    text: str
    start: int
    end: int
    sentence: int
    marks: tuple[Mark, ...]
    joint: str = ""  # the words that join it to the clause before: "if"


_SUBJECTS: Final = {
    Subject.FIRST_TOKEN: r"ttft|time[- ]to[- ](?:the[- ])?first[- ](?:token|word)|first[- ](?:token|word)s?"
    r"|start(?:s|ing)? (?:to )?(?:answer|stream|respond)\w*",
    Subject.PER_TOKEN: r"tpot|itl|time[- ]per[- ](?:output[- ])?token|inter[- ]token(?: latency)?"
    r"|per (?:output )?token|between tokens",
    Subject.MONEY: r"cheap(?:er|est|ly)?|costs?|costing|bills?|invoices?|spend(?:ing|s)?|spent|sav(?:e|es"
    r"|ed|ing|ings)"
    r"|expens(?:e|es|ive)|budgets?|money|pric(?:e|es|ier|ey)|pay(?:ing|s)?|dearer|pricier|outlays?"
    r"|expenditures?|charges|fees?|outgoings|burn(?: rate)?|costl(?:y|ier)"
    r"|economical|economies|overspend\w*|line item",
    Subject.RATE: r"fast(?:er|est)?|quick(?:er|est|ly)?(?! (?:one|question|note|ask|check|wins?)\b)"
    r"|speed(?:s|ups?|-ups?|ier)?|snappi?er|throughput"
    r"|performance"
    r"|slower|slow down|sooner|snappy|speedy|responsive(?:ness)?|rapid(?:ly)?|swift(?:er|ly)?|zippier"
    r"|nimbler",
    Subject.TIME: r"latenc(?:y|ies)|response[- ]times?|slow|waits?|waiting(?: times?)?|delays?|durations?|lag"
    r"|turn-?around(?: time)?|processing[- ]times?"
    r"|answers?(?: in)?"
    r"|respon(?:d|ds|se|ses)|repl(?:y|ies)|p99|p95|p90|p50",
    Subject.TRAFFIC: r"traffic|usage|volumes?|load|demand|requests?|calls|queries|users?|customers?"
    r"|visitors?|sessions?"
    r"|seats|adoption|workload|user[- ]?base|customer[- ]base|consumption|conversations?|tenants?"
    r"|activity|messages?|tickets|documents|jobs|sign-?ups|orders|uploads|invoices processed|prompts"
    r"|chats",
    Subject.GROWTH: r"grow(?:s|n|th|ing)?|scal(?:e|es|ing)(?: up)?|expand(?:s|ing)?|expansion|ramp(?:s|ing)?",
    Subject.MEMORY: r"memory|vram|hbm|gpu",
}
_MARK: Final = re.compile(
    r"\b(?:" + "|".join(f"(?P<{subject.value}>{words})" for subject, words in _SUBJECTS.items()) + r")\b",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"(?:requests?|calls|queries|users?|customers?|visitors?|sessions?|seats|answers?|respon\w+|repl(?:y|ies)"
    r"|workload|load|usage|traffic|volumes?|messages?|tickets|documents|jobs|orders|prompts|chats"
    r"|tenants?|conversations?)$"
)  # things that have a cost and a speed, as "calls" in "the cost of our calls" and "make the calls faster"
_OF_ANOTHER: Final = re.compile(
    r"\b(?:of|for|per|on|from|by|with|make|makes|making|get|serve|serving|run|running|process|processing"
    r"|handle|handling|have|has|got|lots of)\s+(?:(?:the|our|my|all|these|those|its|their|your|every|each"
    r"|any|a"
    r"|single|llm|api|ai|model|chat|user|customer|incoming|daily|monthly|production|answering|serving"
    r"|handling"
    r"|processing|running|[0-9][0-9.,]*[km]?)\s+)*$",
    re.IGNORECASE,
)
_OF_GROWTH: Final = re.compile(
    r"\b(?:doubling|tripling|halving|quadrupling|growth|increase|rise|drop|decline|surge|peak)\s(?:of"
    r"|in)\s(?:(?:the|our|all) )*$",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"(?:[.;!?…](?=\s|$)|\n)+\s*")
_CLAUSE_END: Final = re.compile(
    r",(?=\s)\s*(?:(?:and|but|or|while|with|so|at(?! (?:most|least)))\b)?|[:—](?=\s)|\s–(?=\s)|\s-(?=\s)"
    r"|\b(?:and(?! a (?:half|quarter|third))|but|while|whilst|with|at(?= (?:no |an? unchanged|equal"
    r"|the same|same|half|a (?:third|quarter|fifth|tenth)|two thirds|three quarters|twice|double"
    r"|unchanged|constant|current|[0-9.,]+ ?(?:%|percent|x)))|plus|yet|although|though"
    r"|however|whereas|given|as long as|provided|then|if|when|because|otherwise|or (?=rather|better|even))\b",
    re.IGNORECASE,
)


def clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of `text` in order, with their marks.

    >>> [clause.text for clause in clauses("20 % cheaper and 2x faster. At no more money?")]
    ['20 % cheaper ', ' 2x faster', '', ' no more money', '']
    """
    marks = [
        Mark(
            subject=Subject(str(match.lastgroup)),
            start=match.start(),
            end=match.end(),
            text=match[0].lower(),
            is_weak=_is_weak(text, match),
        )
        for match in _MARK.finditer(text)
    ]
    found: list[Clause] = []
    for sentence, (begin, finish) in enumerate(_between(text, _SENTENCE_END, 0, len(text))):
        last = begin
        for start, end in _between(text, _CLAUSE_END, begin, finish):
            inside = tuple(mark for mark in marks if start <= mark.start < end)
            found.append(
                Clause(
                    text=text[start:end],
                    start=start,
                    end=end,
                    sentence=sentence,
                    marks=inside,
                    joint=text[last:start],
                )
            )
            last = end
    return tuple(found)


def _is_weak(text: str, match: re.Match[str]) -> bool:
    """Return whether the word is the complement of another: the calls of "the cost of our calls"."""
    if _COUNTED.fullmatch(match[0].lower()) is None:
        return False
    before = text[max(0, match.start() - 40) : match.start()]
    return _OF_ANOTHER.search(before) is not None and _OF_GROWTH.search(before) is None


def place(found: Sequence[Clause], at: int) -> int:
    """Return the index of the clause that contains the character at `at`."""
    return max((number for number, clause in enumerate(found) if clause.start <= at), default=0)


def _between(text: str, cut: re.Pattern[str], begin: int, end: int) -> Iterator[tuple[int, int]]:
    edges = [begin]
    for match in cut.finditer(text, begin, end):
        edges += [match.start(), match.end()]
    edges.append(end)
    return ((edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2))
