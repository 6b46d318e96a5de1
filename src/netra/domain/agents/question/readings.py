"""Define the results of reading a number of a question: targets, facts, and parts not understood."""

from typing import Literal

import msgspec

PHRASE_MAX = 80  # longest quotation of the user's words, in characters
Metric = Literal["ttft", "tpot", "latency"]


class StatedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A goal that a number sets; `parts` are the features it applies to.

    `field` is a field of `Goals`, or a `Metric` for a limit, whose value is in milliseconds.
    """

    field: str
    value: float
    start: int = 0
    end: int = 0
    text: str = ""
    parts: tuple[str, ...] = ()
    percentile: float | None = None  # of a limit; None: not stated
    assumed: str = ""  # what was assumed to read it
    is_default: bool = False  # no word names the metric of the limit
    is_asked: bool = True  # a word of asking or a comparator governs it


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A statement about the past or the present; it sets no goal. `target` is what it states."""

    text: str
    start: int = 0
    target: StatedTarget | None = None


class Retracted(msgspec.Struct, frozen=True, kw_only=True):
    """A goal that the question takes back: "not 20 %", "forget the 500 ms limit"."""

    text: str
    start: int = 0
    target: StatedTarget | None = None


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the question that sets no goal, and the reason. A `grave` one asks back."""

    text: str
    why: str
    start: int = 0
    is_grave: bool = False

    def sentence(self) -> str:
        """Return the sentence shown to the user.

        >>> Unread(text="40 %", why="a share of what?").sentence()
        '“40 %”: a share of what?'
        """
        text = " ".join(self.text.split())
        cut = text if len(text) <= PHRASE_MAX else text[: PHRASE_MAX - 1] + "…"
        return f"“{cut}”: {self.why}"


Reading = StatedTarget | Fact | Retracted | Unread
