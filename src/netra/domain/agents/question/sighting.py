"""Find everything in a question's text: names, dates, fleets, exclusions, and what its numbers state."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from netra.domain.agents.question.changes import names_a_change
from netra.domain.agents.question.corrections import without_corrected_names
from netra.domain.agents.question.dates import Dated, instants
from netra.domain.agents.question.exclusions import exclusions_in
from netra.domain.agents.question.families import families_in, is_plural, members, nicknames_in
from netra.domain.agents.question.fleets import fleets_in
from netra.domain.agents.question.gloss import Glossed, glossed
from netra.domain.agents.question.kept_names import without_bystanders
from netra.domain.agents.question.mentions import (
    FILLER,
    KnownNames,
    Mention,
    blanked,
    gpus_in,
    models_in,
    parts_in,
)
from netra.domain.agents.question.model_moves import ModelMove, model_move
from netra.domain.agents.question.readings import Fact, Reading
from netra.domain.agents.question.shorthand import written_out
from netra.domain.agents.question.slips import slips_in
from netra.domain.agents.question.spelling import without_slips
from netra.domain.agents.question.targets import targets_in
from netra.domain.optimization.model import GpuFleet

_METRIC_NAME: Final = re.compile(r"\b(ttft|tpot|itl|e2e|latency)_(?=p?[0-9]|ms\b)", re.IGNORECASE)
_CONTRACTED: Final = re.compile(
    r"\b(do|does|did|ca|wo|should|must|is|are|was|were|need|could|would|have|has)nt\b", re.IGNORECASE
)
_WITHOUT: Final = re.compile(r"(?<!\w)w/o\b", re.IGNORECASE)
_PLAIN_DATE: Final = re.compile(r"[a-z]+|last (?:month|week)", re.IGNORECASE)
"""A date without a number, whose words say that the sentence speaks of the past."""
_METRICS_LISTED: Final = re.compile(
    r"(?<=\b(?:ttft|tpot) )and(?= (?:the )?(?:ttft|tpot|latency|whole|end|e2e|time|inter))", re.IGNORECASE
)
_LISTED: Final = re.compile(
    rf"(?<={FILLER})(?:\s*[,&/]\s*|,?\s+(?:and|or|nor|und|et)\s+)(?:the |our |for |in )?(?={FILLER})"
)


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """Everything found in the text."""

    quotes: str  # the question with its names, for quotations
    text: str  # in English as far as it could be glossed, with names blanked out
    language: str
    parts: tuple[Mention, ...]  # features, functions and tools, without the excluded
    families: tuple[Mention, ...]
    slips: tuple[tuple[Mention, str], ...]
    fleets: tuple[GpuFleet, ...]
    past_fleets: tuple[str, ...]  # clauses on GPUs of the past
    gpus: tuple[Mention, ...]
    dates: tuple[Dated, ...]
    slipped: tuple[str, ...]  # typing errors that were corrected
    excluded: tuple[Mention, ...] = ()
    move: ModelMove = ModelMove(from_models=(), models=())
    readings: tuple[Reading, ...] = ()
    tied: tuple[str, ...] = ()  # features that a limit applies to
    numbered: tuple[str, ...] = ()  # features that a number applies to


def sighted(message: str, names: KnownNames, *, now: datetime) -> Sighting:
    """Return everything in `message`; names are blanked out first, so that their digits are no numbers."""
    gloss, slipped = _in_plain_words(message, names)
    text = gloss.text
    models = _models_in(text, names)
    plain = _without(text, models)
    families, gpus = families_in(plain, known=names.models), gpus_in(plain)
    fleets = fleets_in(plain, gpus)
    plain = blanked(plain, fleets.spans)
    dates = instants(plain, now=now)
    plain = _without(plain, [date for date in dates if not _PLAIN_DATE.fullmatch(date.text)])
    parts = parts_in(plain, known=names.parts())
    plain = _without(plain, parts)
    slips = slips_in(_without(plain, families), known=names.parts())
    plural = [family for family in families if is_plural(plain, family)]
    all_of = [one for family in plural for one in members(family, known=names.models)]
    models = (*models, *(family for family in families if family.known), *all_of)
    plain = _listed(_without(plain, [*(slip for slip, _ in slips), *(one for one in families if one.known)]))
    return _with_numbers(
        gloss,
        plain,
        known=names.models,
        models=models,
        parts=parts,
        rest=Sighting(
            quotes=gloss.text,
            text=plain,
            language=gloss.language,
            parts=parts,
            families=tuple(one for one in families if not one.known and one not in plural),
            slips=slips,
            fleets=fleets.fleets,
            past_fleets=fleets.facts,
            gpus=fleets.gpus,
            dates=dates,
            slipped=slipped,
        ),
    )


def _models_in(text: str, names: KnownNames) -> tuple[Mention, ...]:
    found = models_in(text, known=names.models)
    return (*found, *nicknames_in(_without(text, found), known=names.models))


def _in_plain_words(message: str, names: KnownNames) -> tuple[Glossed, tuple[str, ...]]:
    """Return the message in English words as far as they are known, and the typing errors corrected in it."""
    plain = _METRIC_NAME.sub(r"\1 ", written_out(message.replace("’", "'")))
    plain = _WITHOUT.sub("without", _CONTRACTED.sub(r"\1n't", plain))
    gloss = glossed(_METRICS_LISTED.sub(" / ", plain))
    if gloss.language:
        return gloss, ()
    spelt, slipped = without_slips(gloss.text, names=names.parts())
    return msgspec.structs.replace(gloss, text=spelt), slipped


def _with_numbers(
    gloss: Glossed,
    plain: str,
    *,
    known: Sequence[str],
    models: Sequence[Mention],
    parts: Sequence[Mention],
    rest: Sighting,
) -> Sighting:
    """Return the sighting with its exclusions, the direction of its models, and its numbers."""
    found = exclusions_in(plain, (*parts, *models, *rest.families))
    kept = without_corrected_names([part for part in parts if part not in found.names], plain)
    kept = without_bystanders(kept, plain)
    asked = without_corrected_names([model for model in models if model not in found.names], plain)
    left = without_corrected_names(found.names, plain)
    for start, end in found.spans:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    read = targets_in(plain, kept, quotes=gloss.text, convention=gloss.convention)
    facts = [reading.text for reading in read.readings if isinstance(reading, Fact)]
    return msgspec.structs.replace(
        rest,
        text=plain,
        parts=kept,
        excluded=tuple(one for name in left for one in members(name, known=known)),
        families=tuple(one for one in rest.families if one not in found.names),
        move=model_move(gloss.text, asked),
        dates=tuple(date for date in rest.dates if not any(_only_dates(fact, date) for fact in facts)),
        readings=read.readings,
        tied=read.tied,
        numbered=read.numbered,
    )


def _only_dates(fact: str, date: Dated) -> bool:
    """Return whether the date is part of a fact that speaks of no change: "grew 70 % since March"."""
    return date.text in fact and not names_a_change(fact)


def _without(text: str, found: Iterable[Mention | Dated]) -> str:
    return blanked(text, [(piece.start, piece.end) for piece in found])


def _listed(text: str) -> str:
    """Return the text with the words between listed names blanked out, so that a list is one name."""
    return _LISTED.sub(lambda match: FILLER * len(match[0]), text)
