"""The key of a recommendation: equal for the same advice on the same calls, whatever the amounts are.

A decision is kept under this key, so that the next analysis of the workload finds it again. The key is made
of names only. It holds no count, price or saving, because those change with every call that comes in.
"""

import hashlib
from typing import Final

import msgspec

KEY_PREFIX: Final = "rk-"
KEY_DIGITS: Final = 24  # hexadecimal: 96 bits, so that keys of one workload never collide


class KeyParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding is about, in names: the setting it changes, and the calls that it touches."""

    lever: str  # the setting and its value, as "batch" or "-> openai/gpt-5-nano"; no amounts
    scope: tuple[str, ...] = ()  # selectors of calls, as "model=gpt-5"; empty: all calls in question


def key_of(kind: str, parts: KeyParts, *, within: tuple[str, ...] = ()) -> str:
    """Return the key of a finding; `within` are the selectors of the question itself.

    The order and repetition of selectors do not matter.

    >>> key_of("batch", KeyParts(lever="batch", scope=("template=a", "template=b")))
    'rk-f24c2c47a6cd4bebc9a89cc2'
    """
    scope = [sorted(set(parts.scope)), sorted(set(within))]
    named = msgspec.json.encode([kind, parts.lever, *scope])
    return KEY_PREFIX + hashlib.sha256(named).hexdigest()[:KEY_DIGITS]
