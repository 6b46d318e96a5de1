"""Find names in a text: models, GPUs, and the workload's features, functions and tools.

Matching ignores case, spaces, dots, hyphens and underscores, since people write "GPT 4o mini" for
`gpt-4o-mini`. Whether a model has a price, or a GPU has data, is decided elsewhere.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from netra.domain.optimization.analysers.model import ORDER
from netra.domain.workloads.columns import Events, Labels

FILLER: Final = "\N{OBJECT REPLACEMENT CHARACTER}"  # replaces blanked names; neither a letter nor punctuation
PARTS_MAX: Final = 4_096  # most names of a workload searched for in a message
_WORDS_MAX: Final = 6  # most words in one name
_KIND_LENGTH_MAX: Final = 20  # longest prefix such as "function named ", in characters
_GAPS: Final = re.compile(r"[^\w\s./:-]|\s{2}|\n")  # characters that cannot occur inside a name


class KnownNames(msgspec.Struct, frozen=True, kw_only=True):
    """The names in the workload's log; empty before it is read."""

    features: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()  # prompt templates, by the function that calls the model
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def parts(self) -> tuple[str, ...]:
        """Return the distinct names of features, functions and tools."""
        return tuple(dict.fromkeys((*self.features, *self.functions, *self.tools)))[:PARTS_MAX]


NO_NAMES: Final = KnownNames()


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A name in the text; `known` if it is in the log."""

    name: str
    start: int
    end: int
    known: bool = False


_FAMILIES: Final = (
    "chatgpt|gpt|claude|gemini|gemma|llama|mistral|mixtral|ministral|codestral|devstral|magistral"
    "|pixtral|qwen|qwq"
    "|deepseek|phi|command|nova|grok|kimi|glm|granite|nemotron|jamba|falcon|olmo|minimax|titan|sonar"
)
_TRIMS: Final = (
    "mini|nano|turbo|pro|flash|lite|opus|sonnet|haiku|instruct|chat|preview|large|small|medium|micro"
    "|plus|coder|max"
    "|reasoner|thinking|air|oss|latest|maverick|scout|premier|fast"
)
_VERSION: Final = r"(?:[vrk])?[0-9]{1,4}(?:\.[0-9]{1,2}){0,2}(?:x[0-9]{1,3})?[obn]?"
_NOT_A_TARGET: Final = r"(?!\s?(?:%|x\b|×|percent|times|ms\b|s\b|sec|gb\b|gpus?\b|days?\b))"
_MODEL: Final = re.compile(
    r"(?<![\w-])(?:[a-z][\w-]{1,20}/)?(?:"
    rf"(?:{_FAMILIES})"
    rf"(?:(?:[-_.:]?{_VERSION}|[-_:][a-z0-9]{{1,12}}|[ ](?:{_TRIMS}|{_VERSION}{_NOT_A_TARGET}))"
    r"(?![a-z0-9])){1,7}"
    r"|o[134](?:[- ](?:mini|pro|preview))?(?:-[0-9]{4}-[0-9]{2}-[0-9]{2})?"
    rf"|(?P<claude>(?:opus|sonnet|haiku)(?! (?:about|on how|for my"
    rf"|for our)\b))(?:[ -]{_VERSION}{_NOT_A_TARGET}){{0,2}}"
    r"|(?P<gpt>4o|4\.1|3\.5)(?:[- ](?:mini|nano|turbo)|(?<=4o))"
    r")(?!\w)",
    re.IGNORECASE,
)
_TELLS_A_MODEL: Final = re.compile(rf"[0-9]|\b(?:{_TRIMS})\b|command-[ra]\b", re.IGNORECASE)
_GPU: Final = re.compile(
    r"(?:(?<![\w-])|(?<=[0-9]x))(?:nvidia )?(?:a100|h100|h200|h20|b200|b300|b100|gb200|gb300|gh200|l40s?"
    r"|l4|a10g?|a30|a40|t4"
    r"|v100|p100|a6000|rtx ?(?:pro )?[0-9a]{4,5}|mi2[15]0x?|mi300[xa]|mi325x|mi355x)(?:s(?!xm))?"
    r"(?:[ -]?[0-9]{2,3} ?g(?:i?b)?)?(?:[ -](?:sxm[0-9]?|pcie|nvl))?(?![\w-])",
    re.IGNORECASE,
)
_KIND: Final = "features?|functions?|tools?|endpoints?|templates?"
_QUOTES: Final = "\"'`“”‘’«»"
_MARKED: Final = re.compile(
    rf"(?<!\w)[{_QUOTES}](?P<quoted>[^{_QUOTES}\n]{{1,60}})[{_QUOTES}](?!\w)"
    r"|\b(?:(?:the|our|my|for|in) )?(?:feature|function|tool|endpoint|template)\s(?:called |named )?"
    r"(?P<plain>[A-Za-z][\w.-]{0,60}(?<![.-]))"
    r"|(?<![\w.])(?P<call>[A-Za-z_][\w.]{0,60})\(\)"
    r"|(?<![\w.])(?P<snake>[A-Za-z][A-Za-z0-9]{0,40}(?:_[A-Za-z0-9]{1,40}){1,6})(?!\w)",
    re.IGNORECASE,
)
_GRAMMAR: Final = """
    is are was were be has have had can could may might must should shall will would does do did that which
    who what when where how why the a an and or but not no to in on of for from with without at by as it its
    if so than then we i you they our my your their use uses used using call calls called calling set sets
    needs need gets get keeps keep stays stay within under below over above per all only still best most
    more less first level levels latency cost costs usage limits limit name names features functions tools
    endpoints templates prompts called named better worse gpu_memory max_tokens
    max_output_tokens input_tokens output_tokens
"""
_DOMAIN: Final = """
    speed fast slow cheap money price bill budget traffic load model models token tokens prompt cache caching
    batch quality month day default test other none unknown function feature tool api
"""
_NO_NAME: Final = frozenset(_GRAMMAR.split()).union(ORDER)
PLAIN_WORDS: Final = _NO_NAME.union(_DOMAIN.split())
"""Words that are no name by themselves."""
_WORD: Final = re.compile(r"[^\W_]+")
_KIND_BEFORE: Final = re.compile(rf"(?:\b(?:{_KIND})\s(?:called |named )?|[{_QUOTES}])$", re.IGNORECASE)
_KIND_AFTER: Final = re.compile(rf"\s(?:{_KIND})\b|[{_QUOTES}(]", re.IGNORECASE)


def models_in(text: str, *, known: Iterable[str] = ()) -> tuple[Mention, ...]:
    """Return the models named in `text`, in order; a model in the log is spelled as in the log.

    >>> [mention.name for mention in models_in("GPT 4o mini or claude-haiku-4-5?")]
    ['gpt-4o-mini', 'claude-haiku-4-5']
    """
    labels = {_key(label): label for label in known}
    found = [_model(match, labels) for match in _MODEL.finditer(text) if _TELLS_A_MODEL.search(match[0])]
    rest = blanked(text, [(mention.start, mention.end) for mention in found])
    return tuple(sorted((*found, *_spelt(rest, labels.values())), key=_start))


def _model(match: re.Match[str], labels: Mapping[str, str]) -> Mention:
    """Return the model as the log spells it, else in the usual spelling of its maker."""
    name = _model_name(match)
    label = labels.get(_key(match[0])) or labels.get(_key(name)) or _only_with(_WORD.findall(name), labels)
    return Mention(name=label or name, start=match.start(), end=match.end(), known=label is not None)


def _only_with(words: Sequence[str], labels: Mapping[str, str]) -> str | None:
    """Return the log's only model that has all these words, for a name without a version: "haiku"."""
    if any(character.isdecimal() for word in words for character in word):
        return None
    held = [label for label in labels.values() if set(words) <= set(_WORD.findall(label.lower()))]
    return held[0] if len(held) == 1 else None


def gpus_in(text: str) -> tuple[Mention, ...]:
    """Return the GPUs named in `text`, as written."""
    return tuple(
        Mention(name=match[0], start=match.start(), end=match.end()) for match in _GPU.finditer(text)
    )


def parts_in(text: str, *, known: Iterable[str] = ()) -> tuple[Mention, ...]:
    """Return the features, functions and tools named in `text`: names in the log, and marked names.

    >>> [(m.name, m.known) for m in parts_in("speed up `rank` and the export tool", known=["Export"])]
    [('rank', False), ('Export', True)]
    """
    mentions = _spelt(text, known)
    rest = blanked(text, [(mention.start, mention.end) for mention in mentions])
    for match in _MARKED.finditer(rest):
        group = match.lastgroup or "quoted"
        name = match[group].strip()
        if not _can_be_a_name(name) or (group == "plain" and not _is_meant(match[0], name)):
            continue
        mentions.append(Mention(name=name, start=match.start(group), end=match.end(group)))
    return tuple(sorted(mentions, key=_start))


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text` with the spans replaced by `FILLER`, so that positions stay the same."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += [text[at:start], FILLER * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


def same_name(one: str, other: str) -> bool:
    """Return whether two spellings denote the same name.

    >>> same_name("GPT-4o Mini", "gpt_4o.mini")
    True
    """
    return _key(one) == _key(other)


def _can_be_a_name(name: str) -> bool:
    if name.lower() in _NO_NAME or FILLER in name:
        return False
    return _WORD.search(name) is not None and name.count(" ") < _WORDS_MAX


def _is_meant(phrase: str, name: str) -> bool:
    """Return whether "tool x" names a tool: "the tool rank" and "tool R2" do, "per tool whether" does not."""
    return phrase.lower().startswith(("the ", "our ", "my ", "for ", "in ")) or not name.islower()


def _key(name: str) -> str:
    return "".join(_WORD.findall(name.lower()))


def _start(mention: Mention) -> int:
    return mention.start


def _model_name(match: re.Match[str]) -> str:
    name = re.sub(r"\s+", "-", match[0].strip().lower())
    name = re.sub(r"^gpt(?=[0-9])", "gpt-", name)
    if match["claude"] or name.startswith("claude-"):
        name = name if name.startswith("claude-") else f"claude-{name}"
        return re.sub(r"^(claude-(?:opus|sonnet|haiku)-[0-9])\.(?=[0-9])", r"\1-", name)
    return f"gpt-{name}" if match["gpt"] else name


def _spelt(text: str, known: Iterable[str]) -> list[Mention]:
    """Return the mentions of the log's names, preferring longer names."""
    by_key = {_key(name): name for name in known}
    by_key.pop("", None)
    if not by_key:
        return []
    most = min(max(len(_WORD.findall(name)) for name in by_key.values()), _WORDS_MAX)
    words = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    found: list[Mention] = []
    at = 0
    while at < len(words):
        mention = _longest(text, words[at : at + most], by_key)
        at += 1
        if mention is not None:
            found.append(mention)
            while at < len(words) and words[at][0] < mention.end:
                at += 1
    return found


def _longest(text: str, words: Sequence[tuple[int, int]], by_key: Mapping[str, str]) -> Mention | None:
    start = words[0][0]
    for _, end in reversed(words):
        name = by_key.get(_key(text[start:end])) if _GAPS.search(text[start:end]) is None else None
        if name is not None and (_is_marked(text, start, end) or _is_distinct(name)):
            return Mention(name=name, start=start, end=end, known=True)
    return None


def _is_distinct(name: str) -> bool:
    """Return whether the name differs from common words."""
    return len(_key(name)) > 1 and name.lower() not in PLAIN_WORDS


def _is_marked(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _KIND_LENGTH_MAX) : start]
    return _KIND_BEFORE.search(before) is not None or _KIND_AFTER.match(text, end) is not None


def names_of(events: Events) -> KnownNames:
    """Return the names in the log."""
    return KnownNames(
        features=_names(events.feature),
        functions=_names(events.template),
        tools=_names(events.tool),
        models=events.model.names,
    )


def _names(labels: Labels | None) -> tuple[str, ...]:
    return () if labels is None else labels.names
