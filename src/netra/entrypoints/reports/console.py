"""A console whose reports hold no character that the terminal obeys, except Rich's own styles."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from netra.domain.texts import plain_lines

COLUMNS: Final = 100  # a report is no wider than eyes follow a line


class SafeConsole(Console):
    """Rich's console with every rendered text made plain; markup in a text is not obeyed either."""

    def __init__(self, *, markup: bool = False, highlight: bool = False, **options: object) -> None:
        super().__init__(markup=markup, highlight=highlight, **options)  # type: ignore[arg-type]

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Return the segments of `renderable`; texts are made plain before they are measured into lines."""
        if isinstance(renderable, str):
            renderable = plain_lines(renderable)
        elif isinstance(renderable, Text):
            renderable = _plain_text(renderable)
        for segment in super().render(renderable, options):
            yield segment if segment.control else _plain_segment(segment)


def reading_console() -> SafeConsole:
    """Return the console for a report on standard output."""
    console = SafeConsole()
    width = min(console.width, COLUMNS) if console.is_terminal else COLUMNS
    return SafeConsole(width=width)


def error_console() -> SafeConsole:
    """Return the console for progress on standard error."""
    return SafeConsole(stderr=True)


def _plain_text(text: Text) -> Text:
    made = plain_lines(text.plain)
    if made == text.plain:
        return text
    copied = text.copy()
    copied.plain = made  # as long as before: its styles stay where they are
    return copied


def _plain_segment(segment: Segment) -> Segment:
    made = plain_lines(segment.text)
    return segment if made == segment.text else Segment(made, segment.style)
