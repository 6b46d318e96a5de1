"""The price book: published prices, with the negotiated ones that the settings name."""

from netra.adapters.prices.book import GenaiPriceBook, noon_of, today
from netra.adapters.prices.overrides import NO_OVERRIDES, read_overrides
from netra.settings import Settings


def price_book(settings: Settings) -> GenaiPriceBook:
    """Return the published prices, overridden by the price file of the settings.

    Raises `UnreadableFile` when the settings name a file that holds no prices.
    """
    day = settings.prices_as_of
    return GenaiPriceBook(
        overrides=NO_OVERRIDES if settings.prices is None else read_overrides(str(settings.prices)),
        now=today if day is None else lambda: noon_of(day),
    )
