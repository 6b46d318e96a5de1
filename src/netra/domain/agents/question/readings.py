"""Define the results of reading a question: targets, and parts that were not understood."""

import msgspec

PHRASE_MAX = 80  # longest quotation of the user's words, in characters


class StatedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A field of `Goals` and its target value; `part` names the feature of a latency limit."""

    field: str
    value: float
    part: str = ""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the question that sets no goal, and the reason."""

    text: str
    why: str

    def sentence(self) -> str:
        """Return the sentence shown to the user.

        >>> Unread(text="40 %", why="a share of what?").sentence()
        '“40 %”: a share of what?'
        """
        text = " ".join(self.text.split())
        cut = text if len(text) <= PHRASE_MAX else text[: PHRASE_MAX - 1] + "…"
        return f"“{cut}”: {self.why}"


Reading = StatedTarget | Unread
