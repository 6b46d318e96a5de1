"""A person's own prices from a JSON file, in the dollars a million tokens that price pages use."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from netra.domain.errors import UnreadableFile
from netra.domain.optimization.pricing import Rate, Tariff

_MILLION: Final = 1_000_000
Usd = Annotated[float, msgspec.Meta(ge=0)]


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model's prices; what is left out is unknown."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    provider: str = "custom"
    input_usd_per_mtok: Usd
    output_usd_per_mtok: Usd
    cached_input_usd_per_mtok: Usd | None = None
    cache_write_usd_per_mtok: Usd | None = None
    batch_input_usd_per_mtok: Usd | None = None
    batch_output_usd_per_mtok: Usd | None = None
    context_window_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None


def read_overrides(path: str) -> tuple[Tariff, ...]:
    """Return the tariffs in a JSON list of `OverrideRow`s; raise `UnreadableFile` naming the fault."""
    try:
        rows = msgspec.json.decode(Path(path).read_bytes(), type=list[OverrideRow])
    except OSError as error:
        raise UnreadableFile(f"The price file {path!r} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"The price file {path!r} is not a list of prices: {error}.") from error
    return tuple(_tariff(row, source=path) for row in rows)


def _tariff(row: OverrideRow, *, source: str) -> Tariff:
    standard = Tariff(
        model=row.model,
        provider=row.provider,
        input=_rate(row.input_usd_per_mtok),
        output=_rate(row.output_usd_per_mtok),
        cached_input=None if row.cached_input_usd_per_mtok is None else _rate(row.cached_input_usd_per_mtok),
        cache_write=None if row.cache_write_usd_per_mtok is None else _rate(row.cache_write_usd_per_mtok),
        context_window_tokens=row.context_window_tokens,
        source=source,
    )
    if row.batch_input_usd_per_mtok is None or row.batch_output_usd_per_mtok is None:
        return standard
    batch = msgspec.structs.replace(
        standard,
        input=_rate(row.batch_input_usd_per_mtok),
        output=_rate(row.batch_output_usd_per_mtok),
        cached_input=None,
        cache_write=None,
    )
    return msgspec.structs.replace(standard, batch=batch)


def _rate(usd_per_mtok: float) -> Rate:
    return Rate(usd_per_token=usd_per_mtok / _MILLION)
