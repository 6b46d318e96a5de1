"""A console that prints no terminal control characters except Rich's own styles."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from netra.domain.texts import plain_lines

COLUMNS: Final = 100  # upper bound on a report's width, for readability


class SafeConsole(Console):
    """Rich's console with every rendered text sanitised and markup disabled."""

    def __init__(self, *, markup: bool = False, highlight: bool = False, **options: object) -> None:
        super().__init__(markup=markup, highlight=highlight, **options)  # type: ignore[arg-type]

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of `renderable`; texts are sanitised before they are wrapped into lines."""
        if isinstance(renderable, str):
            renderable = plain_lines(renderable)
        elif isinstance(renderable, Text):
            renderable = _plain_text(renderable)
        for segment in super().render(renderable, options):
            yield segment if segment.control else _plain_segment(segment)


def reading_console(*, stderr: bool = False) -> SafeConsole:
    """Return the console for a report on standard output, or on standard error where that is another's."""
    console = SafeConsole(stderr=stderr)
    width = min(console.width, COLUMNS) if console.is_terminal else COLUMNS
    return SafeConsole(stderr=stderr, width=width)


def error_console() -> SafeConsole:
    """Return the console for progress on standard error."""
    return SafeConsole(stderr=True)


def _plain_text(text: Text) -> Text:
    made = plain_lines(text.plain)
    if made == text.plain:
        return text
    copied = text.copy()
    copied.plain = made  # of unchanged length, so the styles still fit
    return copied


def _plain_segment(segment: Segment) -> Segment:
    made = plain_lines(segment.text)
    return segment if made == segment.text else Segment(made, segment.style)
