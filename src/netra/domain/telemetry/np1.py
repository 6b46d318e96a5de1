"""np1: keyed hashes of the blocks of a prompt's prefix, without a tokenizer and without keeping the prompt.

A prompt is cut into pieces by one regular expression; each piece weighs about as many tokens as a tokenizer
would make from it. A block closes at the piece that brings it to `BLOCK_TOKENS`. Each hash covers its block
and the hash before it, so for a holder of the key equal hashes mean equal prompts up to there.
"""

import hashlib
import re
from typing import Final

import msgspec

from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX

BLOCK_TOKENS: Final = 128  # pseudo-tokens of a block
HASH_BYTES: Final = 8
PROMPT_HASH_BYTES: Final = 16
_VERSION: Final = b"np1"
_ASCII_END: Final = "\x80"
_PIECE: Final = re.compile(
    "[A-Za-z]{1,16}|[0-9]{1,3}|[\u0080-\U0010ffff]{1,4}|\\s{1,16}|[^\\sA-Za-z0-9\u0080-\U0010ffff]{1,8}"
)


class PrefixHashes(msgspec.Struct, frozen=True, kw_only=True):
    """The hashes of a prompt: of each whole block, and of the whole prompt."""

    blocks: tuple[int, ...]
    pseudo_tokens: int
    prompt: str


def prefix_hashes(text: str, key: bytes) -> PrefixHashes:
    """Return the hashes of a prompt under `key`; an unfinished last block has no hash.

    >>> prefix_hashes("", bytes(32)).blocks
    ()
    """
    chained = hashlib.blake2b(_VERSION, key=key, digest_size=HASH_BYTES).digest()
    blocks: list[int] = []
    filled = total = begin = 0
    known: dict[str, int] = {}  # words repeat within a prompt; forgotten with it
    for match in _PIECE.finditer(text):
        piece = match.group()
        weight = known.get(piece)
        if weight is None:
            weight = known[piece] = weight_of(piece)
        filled += weight
        total += weight
        if filled >= BLOCK_TOKENS:
            block = text[begin : match.end()].encode(errors="replace")
            chained = hashlib.blake2b(chained + block, key=key, digest_size=HASH_BYTES).digest()
            blocks.append(int.from_bytes(chained, "big", signed=True))
            begin = match.end()
            filled -= BLOCK_TOKENS
    whole = hashlib.blake2b(text.encode(errors="replace"), key=key, digest_size=PROMPT_HASH_BYTES).hexdigest()
    return PrefixHashes(blocks=tuple(blocks[:PREFIX_HASHES_PER_EVENT_MAX]), pseudo_tokens=total, prompt=whole)


def weight_of(piece: str) -> int:
    """Return about how many tokens a piece is: letters, digits, white space, other scripts, punctuation."""
    head = piece[0]
    if head >= _ASCII_END:
        return len(piece)
    if head.isalpha():
        return 1 + (len(piece) - 1) // 7
    if head.isdigit():
        return 1
    if head.isspace():
        return 0 if piece == " " else 1
    return (len(piece) + 1) // 2


def key_of_workload(secret: bytes, workload_id: str) -> bytes:
    """Return the key for the prompts of one workload; each has its own, so that tenants never match."""
    return hashlib.blake2b(
        workload_id.encode(), key=secret[:64], person=b"netra-np1", digest_size=32
    ).digest()
