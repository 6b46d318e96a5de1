"""Find names that the payload does not have: models, GPUs and providers without digits, and identifiers."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from netra.domain.agents.guard.facts import Facts, squeezed
from netra.domain.agents.guard.versions_and_dates import Label
from netra.domain.agents.question.mentions import models_in

_MAKERS: Final = re.compile(
    r"(?<![\w-])(?:openai|anthropic|google|vertex(?: ai)?|gemini|azure|aws|amazon|bedrock|cohere"
    r"|mistral(?: ai)?|groq|cerebras"
    r"|sambanova|together(?: ai|\.ai)|fireworks(?: ai)?|replicate|deepinfra|openrouter|perplexity"
    r"|databricks|snowflake|hugging ?face"
    r"|nvidia|amd|intel|nebius|coreweave|lambda(?: labs)?|runpod|modal|baseten|oracle|ibm|watsonx"
    r"|alibaba|dashscope|tencent|baidu"
    r"|moonshot|deepseek|xai|grok|meta|microsoft|github models|ollama|vllm|sglang|tensorrt|anyscale"
    r"|crusoe|vast\.ai|ovh|scaleway)"
    r"(?![\w-])",
    re.IGNORECASE,
)
_FAMILIES: Final = re.compile(
    r"(?<![\w-])(?:chatgpt|gpt|claude|gemini|gemma|llama|mistral|mixtral|ministral|codestral|devstral"
    r"|magistral|pixtral|qwen|qwq"
    r"|deepseek|phi|command[- ]?r?|nova|grok|kimi|glm|granite|nemotron|jamba|falcon|olmo|minimax|titan"
    r"|sonar|opus|sonnet|haiku"
    r"|blackwell|hopper|ampere|ada lovelace|rubin|trainium|inferentia|gaudi|tpus?|grace hopper|instinct"
    r"|groqchip|lpus?)"
    r"(?:[ -](?:mini|nano|turbo|pro|ultra|flash|lite|opus|sonnet|haiku|large|small|medium|micro|plus"
    r"|coder|max|next|premier|lightning"
    r"|express|instant|nemo|oss|scout|maverick|reasoner|thinking))*(?![\w-])",
    re.IGNORECASE,
)
_PLAIN_WORDS: Final = """
    command nova titan sonar granite falcon ampere instinct phi meta modal replicate together lambda
    oracle hopper intel opus
"""
_PLAIN: Final = frozenset(_PLAIN_WORDS.split())  # names only where they begin with a capital
_SNAKE: Final = re.compile(r"(?<![\w./-])[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?![\w/])")
_PROPER: Final = re.compile(r"(?<=[a-z,;] )(?P<name>[A-Z][a-z]+[A-Za-z]*(?:[ -][A-Z][A-Za-z]+)*)(?![\w])")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ALLOWED_WORDS: Final = """
    netra api apis gpu gpus llm llms slo slos ttft tpot usd kv cpu grade january february march april
    may june july august september october november december monday tuesday wednesday thursday friday
    saturday sunday english german french spanish chinese pareto utc i ok ceo cfo cto english europe
    european us
"""
_ALLOWED: Final = frozenset(_ALLOWED_WORDS.split())


def unknown_names(sentence: str, facts: Facts, *, known: Sequence[Label]) -> Iterator[str]:
    """Yield the names of a sentence that the payload does not have.

    Names with digits are `known` labels, which are checked elsewhere.
    """
    taken = [(mention.start, mention.end) for mention in facts.names.find(sentence)]
    taken += [
        (match.start(), match.end())
        for label in known
        for match in re.finditer(re.escape(label.text), sentence)
    ]
    for start, end, is_word in sorted(set(_candidates(sentence)), key=_longest_first):
        if any(a <= start and end <= b for a, b in taken):
            continue
        name = sentence[start:end]
        if not (_is_held(name, facts) if is_word else squeezed(name) in facts.squeezed):
            taken.append((start, end))
            yield name


def _longest_first(span: tuple[int, int, bool]) -> tuple[int, int]:
    return span[0], -span[1]


def _candidates(sentence: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the spans of possible names, and whether each of their words may be known by itself."""
    for match in _SNAKE.finditer(sentence):
        yield *match.span(), True
    for mention in models_in(sentence):
        yield mention.start, mention.end, False
    for pattern in (_FAMILIES, _MAKERS):
        for match in pattern.finditer(sentence):
            is_plain = match[0].lower() in _PLAIN and not match[0][0].isupper()
            if not is_plain:
                yield *match.span(), False
    for match in _PROPER.finditer(sentence):
        yield *match.span("name"), True


def _is_held(name: str, facts: Facts) -> bool:
    lower = name.lower()
    if lower in facts.vocabulary or lower in _ALLOWED:
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    return "_" not in name and all(
        word in facts.vocabulary or word in _ALLOWED or word.removesuffix("s") in facts.vocabulary
        for word in words
    )
