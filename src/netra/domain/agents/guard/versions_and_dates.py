"""Find names and dates with digits: a model's version or a day is no quantity, but can be invented too."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from netra.domain.agents.question.mentions import blanked, gpus_in, models_in


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A name or a date; all spellings of the same one have the same `key`."""

    text: str
    key: tuple[str, ...]
    start: int
    end: int
    is_model: bool = False
    is_date: bool = False


_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_DATE: Final = re.compile(
    r"(?<![\w.-])(?:(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"
    r"(?:(?:T|\s(?:at\s)?)(?P<clock>[0-9]{1,2}:[0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\s?Z|\s?UTC"
    r"|[+-][0-9]{2}:?[0-9]{2})?)?"
    rf"|(?P<d2>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s(?P<m2>{_MONTH})\b\.?(?:,?\s(?P<y2>[0-9]{{4}}))?"
    rf"|(?P<m3>{_MONTH})\.?\s(?P<d3>[0-9]{{1,2}})(?:st|nd|rd|th)?(?!\w|\.[0-9])(?:,?\s(?P<y3>[0-9]{{4}}))?"
    rf"|(?P<m4>{_MONTH})\.?\s(?P<y4>[0-9]{{4}})"
    r"|(?P<y5>[0-9]{4})/(?P<m5>[0-9]{1,2})/(?P<d5>[0-9]{1,2})"
    r"|(?P<slashed>[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4})"
    r"|(?P<clock6>[0-9]{1,2}:[0-9]{2})(?::[0-9]{2})?)(?![\w-])",
    re.IGNORECASE,
)
_MARKED: Final = re.compile(
    r"(?<![\w.$€£])(?:[#@]?(?=[a-z_])(?=[\w./:+-]{0,80}[0-9])\w+(?:[-./:_+]\w+)*|#[0-9]+"
    r"|[0-9]+(?:\.[0-9]+){2,}|(?![0-9.]+e[-+]?[0-9])[0-9][0-9.]*[a-z]\w*(?:-\w+)*)",
    re.IGNORECASE,
)
_MEASURE: Final = re.compile(
    r"[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+|%|x|k|m|mn|bn?|ms|s|sec|min|h|hr|d|gi?b|mi?b|ti?b|usd|eur|st|nd"
    r"|rd|th|fold|bps|pct"
    r"|µs|μs)(?:-\w+)*",
    re.IGNORECASE,
)
_PIECE: Final = re.compile(r"[^\s_/:,+-]+")
_SIZE: Final = re.compile(r"[0-9.]+b", re.IGNORECASE)  # "70B" in a model's name, not 70 billion


def labels_in(text: str) -> tuple[Label, ...]:
    """Return the names and dates with digits in `text`, in order.

    >>> [label.key for label in labels_in("GPT 4o mini on H100s at p99, since 20 November")]
    [('gpt', '4o', 'mini'), ('h100',), ('p99',), ('', '11', '20', '')]
    """
    if not any(character.isdecimal() for character in text):
        return ()
    found = [*_dates(text)]
    rest = blanked(text, [(label.start, label.end) for label in found])
    models = [
        Label(text=text[m.start : m.end], key=pieces(m.name), start=m.start, end=m.end, is_model=True)
        for m in models_in(rest)
        if any(character.isdecimal() for character in m.name)
    ]
    rest = blanked(rest, [(label.start, label.end) for label in models])
    gpus = [
        Label(text=m.name, key=pieces(m.name.lower().removesuffix("s")), start=m.start, end=m.end)
        for m in gpus_in(rest)
    ]
    rest = blanked(rest, [(label.start, label.end) for label in gpus])
    marked = [
        Label(text=m[0], key=pieces(m[0].lstrip("#@")), start=m.start(), end=m.end())
        for m in _MARKED.finditer(rest)
        if _MEASURE.fullmatch(m[0]) is None or _SIZE.fullmatch(m[0])
    ]
    return tuple(sorted((*found, *models, *gpus, *marked), key=_start))


def pieces(name: str) -> tuple[str, ...]:
    """Return the parts of a name, which are the same for all its spellings.

    >>> pieces("Llama-3.1-70B"), pieces("llama 3.1_70b")
    (('llama', '3.1', '70b'), ('llama', '3.1', '70b'))
    """
    return tuple(_PIECE.findall(name.lower()))


def is_known(label: Label, known: Iterable[Label]) -> bool:
    """Return whether a label is known: models and dates match in full, other names also by a prefix."""
    if label.is_date:
        return any(_same_day(label.key, other.key) for other in known if other.is_date)
    for other in known:
        if label.key == other.key or (label.is_model and label.key[1:] == other.key and "/" in label.text):
            return True
        if len(label.key) == 1 and not other.is_model and not other.is_date and label.key[0] in other.key:
            return True
        if (
            not label.is_model
            and not other.is_model
            and label.key == other.key[: len(label.key)]
            and len(label.key) > 1
        ):
            return True
    return False


def _dates(text: str) -> list[Label]:
    """Return the dates as (year, month, day, time of day), with unstated parts empty."""
    found: list[Label] = []
    for match in _DATE.finditer(text):
        part = match.groupdict()
        year = next((part[name] for name in ("y", "y2", "y3", "y4", "y5") if part[name]), "")
        month = next((part[name] for name in ("m", "m2", "m3", "m4", "m5") if part[name]), "")
        day = next((part[name] for name in ("d", "d2", "d3", "d5") if part[name]), "")
        clock = part["clock"] or part["clock6"] or ""
        key = (year, _month(month), str(int(day)) if day else "", clock.zfill(5) if clock else "")
        if part["slashed"]:
            key = (part["slashed"], "", "", "")
        found.append(Label(text=match[0], key=key, start=match.start(), end=match.end(), is_date=True))
    return found


def _month(text: str) -> str:
    if not text or text.isdecimal():
        return str(int(text)) if text else ""
    return str(_MONTHS.index(text[:3].lower()) + 1)


def _same_day(stated: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Return whether every stated part of a date matches the known date."""
    return all(mine in ("", theirs) for mine, theirs in zip(stated, known, strict=True))


def _start(label: Label) -> int:
    return label.start
