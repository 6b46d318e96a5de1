"""Check that every number, name and date in a text is in the payload, of the same row and measure.

A number may be rounded and converted to another unit. Its subject, measure, kind, period and direction must
match the payload: "$5" does not match dollars a month, a saving does not match a loss, and the cost of one
feature does not match another's. A target may only be stated as a target. Words that judge ("met", "most
calls", "cheaper") are checked also without a number.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from netra.domain.agents.guard.disguises import disguised_numbers
from netra.domain.agents.guard.facts import Facts
from netra.domain.agents.guard.figures import Figures, NumberKind, StatedNumber, figures
from netra.domain.agents.guard.list_numbers import due_after
from netra.domain.agents.guard.matching import is_held, is_held_as, is_label_held
from netra.domain.agents.guard.payload_facts import facts_of
from netra.domain.agents.guard.placement import Piece, SentencePlan, Spot, pieces_of
from netra.domain.agents.guard.unknown_names import unknown_names
from netra.domain.agents.guard.verdicts import false_verdicts


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a text that the payload does not bear out."""

    text: str
    sentence: str
    what: Literal["number", "name", "date", "verdict"]
    number: StatedNumber | None = None
    spot: Spot | None = None
    truth: str = ""


def unsupported(text: str, payload: object) -> tuple[str, ...]:
    """Return the numbers, names, dates and verdicts of `text` that `payload` does not bear out, as written.

    >>> unsupported("saves 27.5 % or $41", {"saved_share": 0.2749, "saved_usd": 41.3})
    ()
    >>> unsupported("saves 30 % on gpt-5", {"saved_share": 0.2749, "model": "gpt-4o"})
    ('gpt-5', '30 %')
    """
    return unsupported_by(text, facts_of(payload))


def unsupported_by(text: str, facts: Facts, *, before: str = "") -> tuple[str, ...]:
    """Return the same as `unsupported`, for facts already read; `before` is the text before this one."""
    found = refusals(text, facts, before=before)
    order = ("name", "date", "number", "verdict")
    return tuple(one.text for one in sorted(found, key=lambda one: order.index(one.what) > 1))


def refusals(text: str, facts: Facts, *, before: str = "") -> tuple[Refusal, ...]:
    """Return every piece of `text` that the facts do not bear out."""
    stated = figures(text, due=due_after(before))
    earlier = _last_sentence(before)
    found: list[Refusal] = []
    for piece in pieces_of(stated.plain):
        found += _in_sentence(piece, stated, facts, earlier=earlier)
        earlier = piece.text
    return tuple(found)


def _in_sentence(piece: Piece, stated: Figures, facts: Facts, *, earlier: str) -> Iterator[Refusal]:
    end = piece.start + len(piece.text)
    numbers = [one for one in stated.numbers if piece.start <= one.start < end]
    labels = [one for one in stated.labels if piece.start <= one.start < end]
    spans = [(one.start - piece.start, min(one.end, end) - piece.start) for one in numbers]
    plan = SentencePlan(piece.text, spans, names=facts.names, earlier=earlier)
    for label in labels:
        spot = plan.spot(label.start - piece.start, min(label.end, end) - piece.start)
        if not is_label_held(label, facts.dated, spot):
            what: Literal["date", "name"] = "date" if label.is_date else "name"
            yield Refusal(text=label.text, sentence=piece.text.strip(), what=what, spot=spot)
    for name in unknown_names(piece.text, facts, known=labels):
        yield Refusal(text=name, sentence=piece.text.strip(), what="name")
    for disguise in disguised_numbers(piece.text):
        yield Refusal(text=disguise, sentence=piece.text.strip(), what="number")
    previous: StatedNumber | None = None
    for number, (start, stop) in zip(numbers, spans, strict=True):
        spot = plan.spot(start, stop)
        held = is_held(number, facts, spot) or is_held_as(number, previous, facts, spot)
        previous = number if number.kind is not NumberKind.COUNT else previous
        if not held:
            yield Refusal(
                text=number.text, sentence=piece.text.strip(), what="number", number=number, spot=spot
            )
    for verdict in false_verdicts(piece.text, facts, mentions=plan.mentions, earlier=earlier):
        yield Refusal(text=verdict.text, sentence=piece.text.strip(), what="verdict", truth=verdict.truth)


def _last_sentence(text: str) -> str:
    pieces = pieces_of(text)
    return pieces[-1].text if pieces else ""
