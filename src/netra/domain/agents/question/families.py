"""Find families and nicknames of models in a text: “Claude”, “both Claudes”, “mini”."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from netra.domain.agents.question.mentions import Mention

_WORD: Final = re.compile(r"[^\W_]+")
_FAMILY: Final = re.compile(
    r"(?<![\w-])(?:chatgpt|gpt|claude|gemini|llama|mistral|qwen|deepseek|grok)(?:s\b)?(?![\w-])",
    re.IGNORECASE,
)
_NICKNAME: Final = re.compile(
    r"\b(?:from|to|on|onto|with|off|vs\.?|versus|than|or|use|using|try|trying|against|keep|for)\s(?:the "
    r")?(?P<word>mini|nano|flash|turbo)"
    r"(?![\w-])",
    re.IGNORECASE,
)
_ALL_OF: Final = re.compile(
    r"\b(?:both|all|all the|the two|the three|the|our|every one of the)\s$", re.IGNORECASE
)


def families_in(text: str, *, known: Iterable[str] = ()) -> tuple[Mention, ...]:
    """Return model families without a version; models must be blanked out before.

    A family with one model in the log is that model, and `known`.
    """
    labels = tuple(known)
    return tuple(_of_family(match, labels) for match in _FAMILY.finditer(text))


def _of_family(match: re.Match[str], labels: Sequence[str]) -> Mention:
    word = match[0].lower().removeprefix("chat")
    members = [label for label in labels if word in _WORD.findall(label.lower())]
    is_one = len(members) == 1
    return Mention(
        name=members[0] if is_one else match[0], start=match.start(), end=match.end(), known=is_one
    )


def nicknames_in(text: str, *, known: Iterable[str] = ()) -> tuple[Mention, ...]:
    """Return the log's models that one word names: "from mini to Haiku"; models must be blanked out."""
    labels = tuple(known)
    found: list[Mention] = []
    for match in _NICKNAME.finditer(text):
        held = [label for label in labels if match["word"].lower() in _WORD.findall(label.lower())]
        if len(held) == 1:
            found.append(Mention(name=held[0], start=match.start("word"), end=match.end("word"), known=True))
    return tuple(found)


def is_plural(text: str, family: Mention) -> bool:
    """Return whether all models of a family are meant: "both Claudes"."""
    return (
        family.name.lower().endswith("s")
        and not family.known
        and _ALL_OF.search(text[: family.start]) is not None
    )


def members(family: Mention, *, known: Iterable[str]) -> tuple[Mention, ...]:
    """Return the log's models of a family named without a version; any other mention is returned as it is."""
    word = family.name.lower().removeprefix("chat")
    if _FAMILY.fullmatch(family.name) is None:
        return (family,)
    found = [label for label in known if word.rstrip("s") in _WORD.findall(label.lower())]
    return tuple(msgspec.structs.replace(family, name=label, known=True) for label in found) or (family,)
