"""Place each number of a text: the rows it is stated of, and the words that say what it measures.

A sentence is cut into one segment for each number. A number belongs to the nearest name before it in its
segment, else after it there, else in the sentence; names listed together are paired with numbers listed
together.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from netra.domain.agents.guard.naming import Mention, Name, NameIndex, NameKind
from netra.domain.agents.guard.sentences import Sentences


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A number's place: its sentence, its part of the sentence, and the rows it is stated of."""

    sentence: str
    before: str  # of the number, within its sentence
    after: str
    segment: str
    rows: tuple[Mention, ...] = ()  # each must be a row of the fact
    is_carried: bool = False  # the rows are those of the sentence before: "It costs $5."
    says_whole: bool = False  # the words next to the number speak of the whole: "of the bill of $5"
    says_total: bool = False  # the sentence speaks of a total: "in all"
    mentions: tuple[Mention, ...] = ()  # all of the sentence
    earlier: str = ""  # the sentence before
    earlier_names: frozenset[Name] = frozenset()


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence and its place in the text."""

    text: str
    start: int


_SENTENCE_MAX: Final = 20_000  # longest sentence in characters that is judged as one
_CUTS: Final = (
    re.compile(r";\s|[–—]\s|\.\s|\n"),
    re.compile(r":\s"),
    re.compile(
        r",?\s(?:and|but|while|whereas|against|versus|vs\.?|compared (?:with|to)|instead of|rather than"
        r"|although|or)\s"
    ),
    re.compile(r",\s|\s?\(|\)\s?"),
)
_LIST_GAP: Final = re.compile(
    r"\s*(?:,|,?\s?(?:and|or|&)|/|\+)\s*(?:the |your |for |of |by |on )?|\s(?:is|are|was|costs?|has"
    r"|takes|makes) [^,;.]{0,30}\bthan\s"
)
_FOLLOWS: Final = re.compile(
    r"[^,;:()]{0,40}?\b(?:for|on|in|by|from|with|at|of|to)\s+(?:the |your |all |our )?"
    r"(?:(?:feature|model|tool|template)s? )?[\"'`“]?$|\s*\($|[^,;:()]{0,12}\s(?:is|are|was|were"
    r"|belongs?)\s+$",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(
    r"\W*(?:so |also |and |there |in total,? )?(?:it|its|this|that|they|their|these|those|doing so"
    r"|there|here|the latter)\b",
    re.IGNORECASE,
)
_WHOLE_BEFORE: Final = re.compile(
    r"(?:(?<![\w.,])[0-9][0-9.,]*|%|\b(?:part|share|half|third|quarter|out|percent|one|two|three|four"
    r"|five|none|most|all"
    r"|calls|requests|tokens))"
    r"\s+(?:\w+ )?of\s+(?:(?:the|your|our|a|all|total|monthly|current|whole|bill|spend|of|about|around"
    r"|roughly)\s+)*\$?$"
    r"|(?<!'s )(?<!’s )\b(?:bill|total|spend|plan)\b(?! of \w+ is)[^,;.]{0,25}$",
    re.IGNORECASE,
)
_OF_WHOLE: Final = re.compile(r"\W*(?:out )?of (?:the |your |all )*\$?", re.IGNORECASE)
_WHOLE_AFTER: Final = re.compile(
    r"^\s*(?:a month |per month |/month |over the log )?(?:(?:of|for|in) )?(?:(?:the|your|a|all) )?"
    r"(?:total|bill|in all|in total|overall|altogether|calls in (?:the log|all|total)|calls? in your log)\b",
    re.IGNORECASE,
)
_TOTAL: Final = re.compile(
    r"\b(?:in total|totals?|totalling|overall|altogether|in all|all told|all in all|combined|the "
    r"(?:whole|entire) (?:plan|bill)"
    r"|your (?:current |whole |entire |total )?(?:monthly )?(?:bill|spend) (?:is|stands|comes|runs|of)"
    r"|the (?:current |whole |total )?(?:monthly )?bill (?:is|stands|comes|of)|you (?:currently "
    r")?(?:pay|spend)"
    r"|the month (?:comes|costs|is|runs)|all of the log|the (?:whole )?log (?:holds|has|covers|counts)"
    r"|mak(?:es?|ing) up all|all (?:your |the )?(?:calls|features|models))\b",
    re.IGNORECASE,
)


def pieces_of(text: str) -> tuple[Piece, ...]:
    """Return the sentences of a text with their places.

    >>> [(piece.start, piece.text) for piece in pieces_of("It costs $0.21. That is all.")]
    [(0, 'It costs $0.21.'), (15, ' That is all.')]
    """
    cut = Sentences(longest=_SENTENCE_MAX)
    found: list[Piece] = []
    at = 0
    for sentence in (*cut.take(text), cut.rest()):
        found.append(Piece(text=sentence, start=at))
        at += len(sentence)
    return tuple(piece for piece in found if piece.text.strip())


def runs_of(sentence: str, mentions: Sequence[Mention]) -> Sequence[Sequence[Mention]]:
    """Return the mentions that stand in lists: "chat, search and tagging"."""
    runs: list[list[Mention]] = []
    for one in mentions:
        if runs and _LIST_GAP.fullmatch(sentence[runs[-1][-1].end : one.start]):
            runs[-1].append(one)
        else:
            runs.append([one])
    return [run for run in runs if len(run) > 1]


class SentencePlan:
    """The names and segments of one sentence; places each of its numbers."""

    def __init__(
        self, sentence: str, spans: Sequence[tuple[int, int]], *, names: NameIndex, earlier: str = ""
    ) -> None:
        self._sentence = sentence
        self._spans = sorted(spans)
        self._cuts = _boundaries(sentence, self._spans)
        self.mentions = tuple(
            one
            for one in names.find(sentence)
            if not any(a < one.end and one.start < b for a, b in self._spans)
        )
        is_pronoun = not self.mentions and _PRONOUN.match(sentence) is not None
        before = names.find(earlier) if earlier else ()
        self._earlier = earlier
        self._earlier_names = frozenset(name for mention in before for name in mention.names)
        self._carried = before if is_pronoun else ()
        self._says_total = _TOTAL.search(sentence) is not None

    def spot(self, start: int, end: int) -> Spot:
        """Return the place of the number or date at these positions of the sentence."""
        left, right = self._segment(start, end)
        before, after = self._sentence[:start], self._sentence[end:]
        return Spot(
            sentence=self._sentence,
            before=before,
            after=after,
            segment=self._sentence[left:right],
            rows=self._carried or self._rows(start, end, left, right),
            is_carried=bool(self._carried),
            says_whole=_WHOLE_BEFORE.search(before[-60:]) is not None
            or _WHOLE_AFTER.match(after[:60]) is not None
            or _OF_WHOLE.fullmatch(before) is not None,
            says_total=self._says_total,
            mentions=self.mentions,
            earlier=self._earlier,
            earlier_names=self._earlier_names,
        )

    def _segment(self, start: int, end: int) -> tuple[int, int]:
        left = max((cut for cut in self._cuts if cut <= start), default=0)
        right = min((cut for cut in self._cuts if cut >= end), default=len(self._sentence))
        return left, right

    def _rows(self, start: int, end: int, left: int, right: int) -> tuple[Mention, ...]:
        rows: list[Mention] = []
        for kind in NameKind:
            of_kind = [one for one in self.mentions if one.of_kind(kind)]
            chosen = self._of_kind(of_kind, start, end, left, right) if of_kind else ()
            rows += [one for one in chosen if one not in rows]
        return tuple(rows)

    def _of_kind(
        self, named: Sequence[Mention], start: int, end: int, left: int, right: int
    ) -> tuple[Mention, ...]:
        """Return the mention that governs the number; several if they are listed together."""
        within = [one for one in named if left <= one.start and one.end <= right]
        for among in (within, named):
            following = next((one for one in among if one.start >= end), None)
            preceding = next((one for one in reversed(among) if one.end <= start), None)
            if following is not None and self._is_linked(end, following) and not _is_near(preceding, start):
                return self._listed_after(following, named)
            if preceding is not None:
                return self._listed(preceding, named, start)
            if following is not None:
                return (following,)
        return ()

    def _is_linked(self, end: int, mention: Mention) -> bool:
        """Return whether only a preposition stands between the number and the mention after it."""
        if any(end <= a < mention.start for a, _ in self._spans):
            return False
        return _FOLLOWS.fullmatch(self._sentence[end : mention.start]) is not None

    def _listed_after(self, first: Mention, named: Sequence[Mention]) -> tuple[Mention, ...]:
        """Return the mentions listed after the number, of which it is the sum."""
        run = [first]
        for one in named:
            if one.start >= run[-1].end and _LIST_GAP.fullmatch(self._sentence[run[-1].end : one.start]):
                run.append(one)
        is_sum = len(run) > 2 or _TOTAL.search(self._sentence) is not None
        return tuple(run) if is_sum else (first,)

    def _listed(self, last: Mention, named: Sequence[Mention], start: int) -> tuple[Mention, ...]:
        """Return the mentions listed with `last`, or the one that the number is paired with."""
        run = [last]
        for one in reversed([one for one in named if one.end <= last.start]):
            if _LIST_GAP.fullmatch(self._sentence[one.end : run[0].start]) is None:
                break
            run.insert(0, one)
        if len(run) == 1:
            return (last,)
        numbers = [span for span in self._spans if span[0] >= last.end]
        if len(numbers) > len(run) and len(numbers) % len(run) != 0:
            numbers = numbers[
                -len(run) :
            ]  # the first ones are not of the list: "the two measures save $5 and $3"
        place = next((at for at, span in enumerate(numbers) if span[0] == start), None)
        if place is not None and len(numbers) >= len(run) > place and len(numbers) % len(run) == 0:
            return (run[place % len(run)],)
        return tuple(run)


def _is_near(mention: Mention | None, start: int) -> bool:
    """Return whether a name stands directly before the number: "tagging ($5)"."""
    return mention is not None and start - mention.end <= len(" at $")


def _boundaries(sentence: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return one cut between each two numbers that have a delimiter between them."""
    cuts: list[int] = []
    for (_, end), (start, _) in pairwise(spans):
        between = sentence[end:start]
        for delimiter in _CUTS:
            found = list(delimiter.finditer(between))
            if found:
                is_hard = delimiter in _CUTS[:2]
                cuts.append(end + found[-1].end() if is_hard else end + found[0].start())
                break
    return cuts
