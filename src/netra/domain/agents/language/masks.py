"""Replace names by labels before a language model sees them, and restore the names in its text.

A name with a number or markup could inject a claim into an answer, so it is always masked. With
"numbers only", every name is masked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self

import msgspec

from netra.domain.agents.guard.figures import figures
from netra.domain.agents.language.prose import faults_in
from netra.domain.agents.question.mentions import KnownNames

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
"""A JSON value: arrays are lists, object keys are strings."""

_OWN_KEY: Final = re.compile(r"[a-z][a-z0-9_]*")
_BY_NAME: Final = frozenset({"latency_ms"})  # objects whose keys are names of features
_WORDS_MAX: Final = 5
_NAME_MAX: Final = 64  # longest name in characters that may appear unmasked
NAMES_MAX: Final = 2_000  # names checked per kind; later ones are masked without a check, to bound the work


class Mask(msgspec.Struct, frozen=True, kw_only=True):
    """A two-way map between names and labels."""

    labels: Mapping[str, str] = {}
    names: Mapping[str, str] = {}

    @classmethod
    def of(cls, names: KnownNames, others: Iterable[str] = (), *, all_of_them: bool = False) -> Self:
        """Return labels for the names that need one, or for all names if `all_of_them`.

        >>> Mask.of(KnownNames(features=("chat", "saves 99 %"))).labels
        {'saves 99 %': 'feature_2'}
        """
        labels: dict[str, str] = {}
        kinds = (("feature", names.features), ("function", names.functions), ("tool", names.tools))
        for kind, listed in (*kinds, ("model", names.models), ("name", tuple(others))):
            for number, name in enumerate(listed, 1):
                if name and (all_of_them or number > NAMES_MAX or not is_plain(name)):
                    labels.setdefault(name, f"{kind}_{number}")
        return cls(labels=labels, names={label: name for name, label in labels.items()})

    def hide(self, value: Json) -> Json:
        """Return `value` with every name replaced by its label, in keys and sentences too."""
        text = "\n".join(_strings(value))
        found = sorted((name for name in self.labels if name in text), key=len, reverse=True)
        if not found:
            return value
        names = re.compile("|".join(_bounded(name) for name in found))
        return self._hidden(value, names)

    def show(self, text: str) -> str:
        """Return `text` with labels replaced by their names, where the name is plain."""
        return _LABEL.sub(lambda match: self._shown(match[0]), text)

    def unmask(self, name: str) -> str:
        """Return the name of a label; any other text is returned unchanged."""
        return self.names.get(name, name)

    def _shown(self, label: str) -> str:
        name = self.names.get(label, label)
        return name if is_plain(name) else label

    def _hidden(self, value: Json, names: re.Pattern[str], *, within: str = "") -> Json:
        if isinstance(value, str):
            return self._spelt(value, names)
        if isinstance(value, dict):
            return {
                self._key(key, names, within=within): self._hidden(inside, names, within=key)
                for key, inside in value.items()
            }
        return [self._hidden(item, names) for item in value] if isinstance(value, list) else value

    def _key(self, key: str, names: re.Pattern[str], *, within: str) -> str:
        """Return the engine's own keys unmasked: they state what a number counts."""
        is_own = _OWN_KEY.fullmatch(key) is not None and within not in _BY_NAME
        return key if is_own else self._spelt(key, names)

    def _spelt(self, text: str, names: re.Pattern[str]) -> str:
        return names.sub(lambda match: self.labels[match[0]], text)


def as_json(value: object) -> Json:
    """Return `value` as decoded JSON."""
    decoded: Json = msgspec.json.decode(msgspec.json.encode(value))
    return decoded


def _bounded(name: str) -> str:
    """Return a pattern of the name as a whole word; an edge that is not alphanumeric needs no boundary."""
    before = r"(?<!\w)" if name[0].isalnum() else ""
    return f"{before}{re.escape(name)}" + (r"(?!\w)" if name[-1].isalnum() else "")


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield key
            yield from _strings(inside)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


_LABEL: Final = re.compile(r"\b(?:feature|function|tool|model|name)_[0-9]{1,4}\b")


def is_plain(name: str) -> bool:
    """Return whether a name is harmless: short, without numbers and without markup."""
    if len(name) > _NAME_MAX or len(name.split()) > _WORDS_MAX or "\n" in name:
        return False
    return not faults_in(name, instructions=()) and not figures(name).numbers
