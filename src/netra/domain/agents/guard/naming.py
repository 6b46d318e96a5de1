"""Find the names that a payload knows in a text: features, models, GPUs, changes and the other row labels.

A name is matched whatever its case and separators: "Code review" is `code_review`. A change has phrases in
place of its identifier: "batching" is `batch`.
"""

import enum
import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

NAMES_MAX: Final = 2_000  # names of a payload that are searched for in a text; bounds the pattern
_ALIAS_MIN: Final = 2  # shortest alias in characters


class NameKind(enum.StrEnum):
    """The class of a name; a row has at most a few names of each."""

    FEATURE = "feature"
    TEMPLATE = "template"
    TOOL = "tool"
    MODEL = "model"
    GPU = "gpu"
    PROVIDER = "provider"
    CHANGE = "change"  # the analyser behind a recommendation: "prompt_caching"
    RECOMMENDATION = "recommendation"  # its id


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """One name and its class."""

    text: str
    kind: NameKind


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a text that names one or more rows; one word can be a feature and a tool."""

    names: frozenset[Name]
    start: int
    end: int

    def of_kind(self, kind: NameKind) -> frozenset[Name]:
        """Return the names of this class."""
        return frozenset(name for name in self.names if name.kind is kind)


_CHANGES: Final[Mapping[str, str]] = {
    "prompt_caching": r"(?:prompt|prefix|automatic|provider)[- ]cach\w+|cach(?:e|es|ed|ing)\b(?! the "
    r"answer| answers)",
    "exact_duplicates": r"(?:response|answer)[- ]cach\w+|(?:de-?)?duplicat\w+|repeat(?:s|ed)? "
    r"(?:prompts?|calls|requests)",
    "batch": r"batch\w*",
    "self_hosting": r"self[- ]?host\w*|own (?:gpus?|hardware|servers?|fleet|cluster)|host\w* (?:it "
    r"|them |(?:the|your|a|this) (?:own )?models? "
    r"|models? )?(?:yourself|yourselves|ourselves)|host\w* (?:your|our|an?) own (?:models?|llms?)|rent\w* "
    r"(?:an? |your own |one |the )?(?:gpus?|replicas?)",
    "right_sizing": r"right[- ]?siz\w+|switch\w* (?:of )?(?:the )?models?|model switch\w*"
    r"|smaller model|cheaper model",
    "output_length": r"(?:output|answer|length) (?:caps?|limits?|lengths?)|capp?(?:ing|ed)? (?:the "
    r")?(?:lengths? of (?:the )?)?(?:outputs?|answers?)"
    r"|shorter (?:answers|outputs)",
    "waste": r"wast\w+|failed calls|failures|needless retries",
    "rate_limits": r"rate[- ]limits?",
    "burst_shaping": r"burst[- ]?shap\w+|shap(?:e|ing) (?:the )?bursts?|queu\w+",
    "upgrade_review": r"roll(?:ing|ed|s)? back|roll-?back|upgrad\w+",
    "autoscaling": r"auto-?scal\w+",
    "kv_cache": r"kv[- ]cach\w+",
    "prefill_split": r"prefill\w*",
    "gpu_choice": r"gpu choice",
}  # fmt: skip
_SHARED_WORDS: Final[Mapping[str, tuple[str, ...]]] = {"prompt_caching": ("exact_duplicates", "kv_cache")}
_COMMON: Final = frozenset(
    [
        "all",
        "allcalls",
        "and",
        "any",
        "at",
        "default",
        "for",
        "in",
        "is",
        "it",
        "log",
        "model",
        "month",
        "none",
        "of",
        "on",
        "one",
        "or",
        "other",
        "plan",
        "prompt",
        "test",
        "the",
        "to",
        "total",
        "unknown",
        "usd",
        "write",
    ]
)
_PERCENTILE: Final = re.compile(r"p[0-9]{2}")
_PIECE: Final = re.compile(r"[^\W_]+")
_CLAUDE: Final = re.compile(r"claude\W+(?=opus|sonnet|haiku)", re.IGNORECASE)


class NameIndex:
    """Finds the names of one payload; built once."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.names = tuple(dict.fromkeys(names))[:NAMES_MAX]
        by_key: dict[str, set[Name]] = {}
        patterns: dict[str, str] = {}
        for name in self.names:
            for alias in _aliases(name):
                words = _PIECE.findall(alias)
                key = "".join(words).lower()
                if len(key) < _ALIAS_MIN or key in _COMMON or _PERCENTILE.fullmatch(key):
                    continue
                by_key.setdefault(key, set()).add(name)
                patterns[key] = r"[\W_]?".join(re.escape(word) for word in words)
        self._by_key = {key: frozenset(found) for key, found in by_key.items()}
        ordered = sorted(patterns.values(), key=len, reverse=True)
        self._pattern = (
            re.compile(rf"(?<![\w-])(?:{'|'.join(ordered)})(?!\w|-\w|\.[0-9])", re.IGNORECASE)
            if ordered
            else None
        )

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the mentions in order; a longer name hides a shorter one within it."""
        found = (
            [] if self._pattern is None else [self._mention(match) for match in self._pattern.finditer(text)]
        )
        taken = [(one.start, one.end) for one in found]
        changes = [one for one in _changes_in(text) if all(one.end <= a or b <= one.start for a, b in taken)]
        return tuple(sorted((*found, *changes), key=_start))

    def names_in(self, text: str) -> frozenset[Name]:
        """Return all names that the text mentions."""
        return frozenset(name for mention in self.find(text) for name in mention.names)

    def _mention(self, match: re.Match[str]) -> Mention:
        key = "".join(_PIECE.findall(match[0])).lower()
        return Mention(names=self._by_key[key], start=match.start(), end=match.end())


def change_of(kind: str) -> Name:
    """Return the name of the change that an analyser proposes."""
    return Name(text=kind, kind=NameKind.CHANGE)


def _changes_in(text: str) -> Iterable[Mention]:
    for match in _CHANGE.finditer(text):
        kind = match.lastgroup or ""
        shared = _SHARED_WORDS.get(kind, ()) if " " not in match[0] and "-" not in match[0] else ()
        names = frozenset(change_of(name) for name in (kind, *shared))
        yield Mention(names=names, start=match.start(), end=match.end())


def _aliases(name: Name) -> Iterable[str]:
    text = name.text
    yield text
    if name.kind is NameKind.MODEL:
        bare = text.rpartition("/")[2]
        yield bare
        yield _CLAUDE.sub("", bare)
    elif name.kind is NameKind.GPU:
        first = text.split("-")[0]
        yield first
        yield f"{first}s"


def _start(mention: Mention) -> int:
    return mention.start


_CHANGE: Final = re.compile(
    r"\b(?:"
    + "|".join(
        f"(?P<{kind}>{words})"
        for kind, words in sorted(_CHANGES.items(), key=lambda item: item[0] == "prompt_caching")
    )
    + r")(?!\w)",
    re.IGNORECASE,
)
