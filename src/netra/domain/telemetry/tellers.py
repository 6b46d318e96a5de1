"""What one span or log record says of one call, as it waits for the others that say the same.

Rows are kept in a staging store as they are, so a new field goes last and has a default.
"""

import msgspec

from netra.domain.telemetry.usage import Note

SECOND_NS = 1_000_000_000


class Teller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One record of one call; several emitters may each send one of the same call."""

    key: str  # trace and span, or a digest of a log record: a record sent twice has one key
    scope: str
    version: str = ""
    trace: str = ""
    span: str = ""
    parent: str = ""
    start_ns: int = 0
    end_ns: int = 0
    is_log: bool = False
    is_failed: bool = False
    is_likely: bool = False  # recognised by a model and tokens alone: may be a wrapper
    is_estimate: bool = False
    is_instant: bool = False  # the emitter gives one time only, so there is no latency
    response_id: str | None = None
    model: str | None = None
    provider: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached: int | None = None
    written: int | None = None
    written_1h: int | None = None
    reasoning: int | None = None
    latency_ms: float | None = None
    ttft_ms: float | None = None
    streaming: bool | None = None
    status: str | None = None
    max_output_tokens: int | None = None
    cost: float | None = None
    session: str | None = None
    template: str | None = None
    feature: str | None = None
    tool: str | None = None
    offline: bool | None = None
    service_tier: str | None = None
    deadline_s: float | None = None
    accepted: bool | None = None
    prompt_hash: str | None = None
    prefix_hashes: tuple[int, ...] | None = None
    pseudo_tokens: int | None = None
    stands_for: float = 1.0  # calls that a sampled one stands for
    notes: tuple[Note, ...] = ()

    @property
    def has_counts(self) -> bool:
        """Whether the record has token counts."""
        return bool(self.input_tokens or self.output_tokens)


class Ancestor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A span that is no call, kept for a while: calls within it take their session, feature and tool."""

    trace: str
    span: str
    parent: str = ""
    name: str | None = None
    session: str | None = None
    feature: str | None = None
    tool: str | None = None
    is_agent: bool = False
