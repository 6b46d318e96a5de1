"""Define the form in which a language model returns the goals of a question."""

from typing import Annotated, Final, Literal

import msgspec

from netra.domain.optimization.analysers.model import ORDER

_NAMES_MAX: Final = 8
_QUOTATIONS_MAX: Final = 24  # twice the fields of the form
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
_Texts = Annotated[tuple[_Text, ...], msgspec.Meta(max_length=_NAMES_MAX)]
_Kind = Annotated[str, msgspec.Meta(pattern=rf"^(?:{'|'.join(ORDER)})$")]
_Positive = Annotated[float, msgspec.Meta(gt=0, le=1e12)]


class Quotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of the user on which one field rests."""

    field: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class ModelReadGoals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form that a language model fills."""

    priority: Literal["cost", "performance", "balanced"] | None = None
    saving_share: Annotated[float, msgspec.Meta(ge=-10, lt=1)] | None = None
    speedup: _Positive | None = None
    traffic_growth: Annotated[float, msgspec.Meta(gt=-1, le=1_000)] | None = None
    budget_usd_per_month: _Positive | None = None
    ttft_ms_p99: _Positive | None = None
    tpot_ms_p99: _Positive | None = None
    latency_ms: _Positive | None = None
    features: _Texts | None = None
    models: _Texts | None = None
    analyses: Annotated[tuple[_Kind, ...], msgspec.Meta(max_length=len(ORDER))] | None = None
    split_by: Literal["tool", "feature", "template"] | None = None
    quotations: Annotated[tuple[Quotation, ...], msgspec.Meta(max_length=_QUOTATIONS_MAX)] | None = None


class QuestionReading(msgspec.Struct, frozen=True, kw_only=True):
    """A language model's reading of a question: the goals, or the reason for the failure."""

    goals: ModelReadGoals | None = None
    reason: str | None = None
    earlier: tuple[str, ...] = ()  # the user's earlier messages in this thread
