"""A person's own prices from a JSON file, in the dollars a million tokens that price pages use."""

from pathlib import Path
from typing import Annotated, Final

import msgspec

from netra.domain.errors import UnreadableFile
from netra.domain.optimization.pricing import Rate, ServedTier, Tariff

_MILLION: Final = 1_000_000
Usd = Annotated[float, msgspec.Meta(ge=0)]


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """A name of the log, such as a deployment's, that stands for a model of the book."""

    name: str
    model: str
    provider: str | None


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """What a price file holds."""

    tariffs: tuple[Tariff, ...] = ()
    aliases: tuple[Alias, ...] = ()


NO_OVERRIDES: Final = Overrides()


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model's prices, of which what is left out is unknown, or the model that a name stands for."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    provider: str | None = None
    same_as: str | None = None  # a model of the book, whose prices it has
    input_usd_per_mtok: Usd | None = None
    output_usd_per_mtok: Usd | None = None
    cached_input_usd_per_mtok: Usd | None = None
    cache_write_usd_per_mtok: Usd | None = None
    batch_input_usd_per_mtok: Usd | None = None
    batch_output_usd_per_mtok: Usd | None = None
    context_window_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None


def read_overrides(path: str) -> Overrides:
    """Return what a JSON list of `OverrideRow`s holds; raise `UnreadableFile` naming the fault."""
    try:
        rows = msgspec.json.decode(Path(path).read_bytes(), type=list[OverrideRow])
    except OSError as error:
        raise UnreadableFile(f"The price file {path!r} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"The price file {path!r} is not a list of prices: {error}.") from error
    return Overrides(
        tariffs=tuple(_tariff(row, source=path) for row in rows if row.same_as is None),
        aliases=tuple(
            Alias(name=row.model, model=row.same_as, provider=row.provider)
            for row in rows
            if row.same_as is not None
        ),
    )


def _tariff(row: OverrideRow, *, source: str) -> Tariff:
    if row.input_usd_per_mtok is None or row.output_usd_per_mtok is None:
        raise UnreadableFile(
            f"The price file {source!r} is not a list of prices: {row.model!r} needs input_usd_per_mtok and "
            "output_usd_per_mtok, or same_as."
        )
    standard = Tariff(
        model=row.model,
        provider=row.provider or "custom",
        input=_rate(row.input_usd_per_mtok),
        output=_rate(row.output_usd_per_mtok),
        cached_input=None if row.cached_input_usd_per_mtok is None else _rate(row.cached_input_usd_per_mtok),
        cache_write=None if row.cache_write_usd_per_mtok is None else _rate(row.cache_write_usd_per_mtok),
        context_window_tokens=row.context_window_tokens,
        source=source,
    )
    batch = _batch(row, standard)
    if batch is None:
        return standard
    tiers = (ServedTier(name="batch", tariff=batch),)
    return msgspec.structs.replace(standard, batch=batch, tiers=tiers)


def _batch(row: OverrideRow, standard: Tariff) -> Tariff | None:
    if row.batch_input_usd_per_mtok is None or row.batch_output_usd_per_mtok is None:
        return None
    return msgspec.structs.replace(
        standard,
        input=_rate(row.batch_input_usd_per_mtok),
        output=_rate(row.batch_output_usd_per_mtok),
        cached_input=None,
        cache_write=None,
    )


def _rate(usd_per_mtok: float) -> Rate:
    return Rate(usd_per_token=usd_per_mtok / _MILLION)
