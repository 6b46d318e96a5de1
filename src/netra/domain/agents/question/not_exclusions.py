"""Recognise words that look like an exclusion and are none: “why not use X”, “nothing but X”."""

import re
from typing import Final

from netra.domain.agents.question.exclusion_words import (
    EXCEPT,
    EXCLUDE,
    FILL,
)

RHETORICAL: Final = re.compile(
    r"\b(?:if (?:we|i|they) (?:had not|hadn't|did not|didn't)|(?:had|if) (?:we|i|they) not)\b|\bwhy "
    r"(?:not|don't|doesn't|can't|haven't|aren't|isn't|didn't|do(?:es)? (?:we|it|\w+) not)\b"
    r"|(?:^|[,.;:!?]\s*|\b(?:so|and|but|then|or)\s+)(?:can't|couldn't|shouldn't|wouldn't|won't|isn't"
    r"|aren't|don't you"
    r"|doesn't|didn't|haven't|hasn't|how about not)\s+(?=(?:we|i|you|it|that|this|they|the|our)\b|\ufffc)",
    re.IGNORECASE,
)  # “why not use X?” proposes X
NOTHING_BUT: Final = re.compile(
    r"\b(?:nothing|no one|nobody|none|not (?:touch|change|look at) anything|don't (?:touch|change|look at"
    r"|optimi[sz]e) anything|no (?:other )?\w+)(?: \w+){0,3}? (?:but|except|other than|apart from|besides"
    r"|outside(?: of)?)\s*"
    rf"{FILL}$"
    r"|\bnot (?:only|just)\s+(?:\w+\s+){0,2}$|(?:don't|do not|never|not) (?:exclude|ignore|skip|leave out"
    r"|omit|forget|spare)\s+" + rf"{FILL}$"
    r"|\b(?:only|just|solely|exclusively)\s+(?:touch|change|look at|optimi[sz]e|consider|include|for)\s+"
    + rf"{FILL}$",
    re.IGNORECASE,
)
TAKEN_BACK: Final = re.compile(
    r"\b(?:strike|scratch|forget|cancel|drop|undo|revert|remove|lift|scrap|withdraw|take back)\b[^.;!?]{0,40}"
    rf"\b(?:{EXCLUDE}|{EXCEPT}|exclusion|exception|ban|freeze|not touching|hands[- ]off)\b[^.;!?]{{0,16}}$",
    re.IGNORECASE,
)
