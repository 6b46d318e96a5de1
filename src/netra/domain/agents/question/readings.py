"""What reading a question gives, piece by piece: targets, and what could not be understood."""

import msgspec

PHRASE_MAX = 80  # characters of the asker's words that are repeated to them


class StatedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One field of `Goals` and the number asked for; `part` names the feature of a latency limit."""

    field: str
    value: float
    part: str = ""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """Words that set nothing, and why."""

    text: str
    why: str

    def sentence(self) -> str:
        """Return the sentence for the asker.

        >>> Unread(text="40 %", why="a share of what?").sentence()
        '“40 %”: a share of what?'
        """
        text = " ".join(self.text.split())
        cut = text if len(text) <= PHRASE_MAX else text[: PHRASE_MAX - 1] + "…"
        return f"“{cut}”: {self.why}"


Reading = StatedTarget | Unread
