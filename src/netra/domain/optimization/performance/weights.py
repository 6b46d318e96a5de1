"""Identifies published weights by a name; models of one shape may have weights of their own."""

import re
from typing import Final

from netra.domain.optimization.performance.hardware import model_key

_VERSION: Final = re.compile(r"(?<![a-z0-9.])(?:v[0-9]+(?:\.[0-9]+)?|[0-9]{4})(?![a-z0-9])")


def weights_key(name: str) -> tuple[str, ...]:
    """Return what identifies the weights that a name stands for: the model, and its version or date.

    Tuning and quantisation are no part of it: providers leave out "instruct", and serve other precisions
    than they name. Empty for an alias ("-latest"), which stands for changing weights.

    >>> weights_key("deepseek-ai/DeepSeek-R1") == weights_key("deepseek/deepseek-r1-0528")
    False
    >>> weights_key("meta-llama/Llama-3.1-70B-Instruct") == weights_key("llama-3.1-70b")
    True
    >>> weights_key("mistral-large-latest")
    ()
    """
    plain = name.strip().lower()
    key = model_key(plain)
    if not key or plain.endswith("-latest"):
        return ()
    return (key, *sorted(_VERSION.findall(plain.rsplit("/", 1)[-1])))
