"""Names of models and providers as logs spell them, and what they stand for in the price data."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

PROVIDERS: Final = {
    **dict.fromkeys(("bedrock", "aws_bedrock", "amazon_bedrock", "amazon", "aws.bedrock"), "aws"),
    **dict.fromkeys(
        ("azure_openai", "azure_ai", "azure.ai.openai", "azure.ai.inference", "az.ai.openai"), "azure"
    ),
    **dict.fromkeys(
        ("vertex", "vertexai", "vertex_ai", "gcp.vertex_ai", "gcp.gemini", "gemini", "google_vertex"),
        "google",
    ),
    **dict.fromkeys(("xai", "x_ai"), "x-ai"),
    **dict.fromkeys(("mistral_ai", "mistralai"), "mistral"),
    **dict.fromkeys(("together_ai", "togetherai"), "together"),
    **dict.fromkeys(("fireworks_ai",), "fireworks"),
}
"""Names of providers in logs of gateways and in OpenTelemetry's conventions, by the price data's ids."""

MAKERS: Final = (
    "openai",
    "anthropic",
    "google",
    "mistral",
    "deepseek",
    "x-ai",
    "meta",
    "cohere",
    "moonshotai",
)
"""Providers whose models a name without a provider may stand for."""

_ARN: Final = re.compile(r"^arn:aws[a-z-]*:bedrock:[^/]*/(?P<name>.+)$")
_BEDROCK: Final = re.compile(
    r"^(?:(?:us|eu|ap|apac|jp|au|ca|global|us-gov)\.)?[a-z0-9]+\.[a-z0-9][\w.-]*-v\d+(?::\d+)?$"
)
_PATH: Final = re.compile(r"^(?:projects/.*/)?(?:publishers/(?P<maker>[^/]+)/)?models/(?P<name>[^/]+)$")
_CUT: Final = 0.75  # of difflib's ratio: below it a name resembles nothing
_FEWEST_LETTERS: Final = 5  # of a model's name found inside another name


def provider_named(provider: str | None) -> str | None:
    """Return the id of a provider in the price data, or the name itself if no id is known.

    >>> provider_named("AWS Bedrock"), provider_named("vertex-ai"), provider_named("openai")
    ('aws', 'google', 'openai')
    """
    if not provider:
        return None
    key = provider.strip().lower().replace("-", "_").replace(" ", "_")
    return PROVIDERS.get(key, provider)


def spellings(model: str, provider: str | None) -> Iterable[tuple[str | None, str]]:
    """Yield the (provider, name) pairs that a log's model may stand for, the most literal first."""
    known = provider_named(provider)
    yield known, model
    for maker, name in _without_wrapping(model):
        yield known or maker, name
    if known is None:
        maker, _, name = model.partition("/")
        if name:
            yield provider_named(maker), name
            yield from ((at, inner) for at, inner in _without_wrapping(name))
            inner_maker, _, inner = name.partition("/")
            if inner:
                yield provider_named(maker), inner
                yield provider_named(inner_maker), inner


def _without_wrapping(model: str) -> Iterable[tuple[str | None, str]]:
    """Yield what is inside the ARN of Bedrock or the resource path of Vertex, and Bedrock's own ids."""
    arn, path = _ARN.match(model), _PATH.match(model)
    if arn is not None:
        yield "aws", arn["name"]
    elif path is not None:
        yield "google", path["name"]
    elif _BEDROCK.match(model.lower()):
        yield "aws", model


def squeezed(name: str) -> str:
    """Return a name without what people spell in several ways: case, spaces, marks, the order of its words.

    >>> squeezed("Claude 4.5 Sonnet") == squeezed("claude-sonnet-4-5")
    True
    >>> squeezed("GPT 4o") == squeezed("gpt4o")
    True
    """
    words = re.findall(r"[a-z]+|\d+[a-z]?(?![a-z])|\d+", name.lower().replace(".", " "))
    letters = sorted(word for word in words if word.isalpha())
    return " ".join((*letters, *(word for word in words if not word.isalpha())))


def resembling(name: str, known: Mapping[str, str], *, limit: int) -> tuple[str, ...]:
    """Return the ids whose squeezed names `name` contains or nearly spells, the likeliest first."""
    wanted = squeezed(name)
    inside = [key for key in known if len(key) >= _FEWEST_LETTERS and f" {key} " in f" {wanted} "]
    words = set(wanted.split())
    inside += [
        key
        for key in known
        if len(key) >= _FEWEST_LETTERS and key not in inside and set(key.split()) <= words
    ]
    inside.sort(key=lambda key: (-len(key), key))
    near = difflib.get_close_matches(wanted, known, n=limit, cutoff=_CUT)
    return tuple(dict.fromkeys(known[key] for key in (*inside, *near)))[:limit]
