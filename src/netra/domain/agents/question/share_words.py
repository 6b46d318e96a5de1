"""The words that say which way a share changes its subject: less, more, to, of."""

import re
from typing import Final

LESS: Final = re.compile(
    r"\b(?:less|lower\w*|reduc\w*|cut\w*|drop\w*|fall\w*|shrink\w*|declin\w*|decreas\w*|fewer|sav\w*"
    r"|cheap\w*|down"
    r"|trim\w*|slash\w*|shav\w*|off|improv\w*|better|halv\w*|shorter|minus|diminish\w*|los[et]\w*|gone|away"
    r"|vanish\w*|disappear\w*|eliminat\w*|remov\w*|shed\w*|prun\w*|chop\w*|squeez\w*|knock\w*"
    r"|strip\w*|subtract\w*|lessen\w*|curb\w*|whittl\w*|par(?:e|es|ing)|slic(?:e|es|ing)|shrank|shrunk"
    r"|lighter|leaner|economi\w*|spar(?:e|ing))\b",
    re.IGNORECASE,
)
MORE: Final = re.compile(
    r"\b(?:more|increas\w*|ris(?:e|es|ing)|rais\w*|grow\w*|higher|up|extra|additional|doubl\w*|expensive"
    r"|dearer|above|surg\w*|climb\w*|jump\w*|expan[ds]\w*|swell\w*|boost\w*|add(?:s|ed|ing)?|ramp\w*"
    r"|inflat\w*"
    r"|on top|worse|longer)\b",
    re.IGNORECASE,
)
TO: Final = re.compile(
    r"\b(?<!up )to (?:about |around |roughly |at most |only |just |under |below |no more than "
    r"|an? max(?:imum)? of )*$",
    re.IGNORECASE,
)
OF: Final = re.compile(r"\s?of\b|\s?(?:the|our|my) (?:price|cost|bill|spend|latency)", re.IGNORECASE)
AGAIN: Final = re.compile(
    r"\s?(?:as (?:much|many)(?: [a-z]+){0,3} again|again as (?:much|many))\b", re.IGNORECASE
)
AS_MUCH: Final = re.compile(
    r"\s?(?:as|so) (?:much|many|expensive|costly|pric[ei]y|slow|long|high|large|big|dear)\b"
    r"|\s?the (?:price|cost|bill|spend|latency)\b",
    re.IGNORECASE,
)
OTHERS: Final = re.compile(
    r"\b(?:tokens?|retr(?:y|ies)|errors?|failures?|prompts?|context|hit rate|quality|accuracy|output"
    r"|input|gpus?"
    r"|replicas?|duplicates?|cache|models?|length)\b",
    re.IGNORECASE,
)
