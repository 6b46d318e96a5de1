"""Decide whether a number is asked for, states a fact, or is taken back."""

import enum
import re
from typing import Final

from netra.domain.agents.numbers.lexicon import Unit
from netra.domain.agents.question.number_context import NumberContext
from netra.domain.agents.question.phrases import has
from netra.domain.agents.question.retractions import is_retracted


class Mood(enum.Enum):
    """The mood of the clause of a number."""

    ASK = "ask"
    FACT = "fact"
    RETRACTED = "retracted"


_IMPERATIVE: Final = re.compile(
    r"^\W*(?:(?:please|so|then|also|now|just|and|but|to|let's|kindly|ok|okay|first|second) )*(?:make|get"
    r"|keep|bring|reduce|lower|cut|save|hold|maintain"
    r"|ensure|halve|double|triple|drop|speed|shave|find|trim|slash|stay|spend|limit|cap|plan|prepare|give"
    r"|help|optimi[sz]e"
    r"|improve|show|go|aim|target|budget|move|switch|run|serve|push|squeeze|max|maximum|at most|under"
    r"|below|within)\b(?!\s(?:is|was|are|were|has|had|went|rose|fell|grew|in|last)\b)",
    re.IGNORECASE,
)
_FEASIBLE: Final = re.compile(
    r"\b(?:possible|realistic|feasible|achievable|doable|reachable)\b", re.IGNORECASE
)
_ARROW: Final = re.compile(r"\s*(?:→|-+>|=>|⇒)")
_NOW: Final = re.compile(
    r"\b(?:currently|today|right now|at the moment|at present|presently)\b", re.IGNORECASE
)
_GOAL_NOW: Final = re.compile(r"\b(?:to|now|at|is)\s(?:only |just |about )*$", re.IGNORECASE)
_OF_NOW: Final = re.compile(
    r"\b(?:of|than|from|vs) (?:the |our |what (?:we|it) )*(?:current|present|today's|pay|costs?|spend"
    r"|is now)\b.*$",
    re.IGNORECASE,
)
_FROM: Final = re.compile(
    r"\b(?:from|down from|instead of) (?:about |around |roughly |currently |today's |now )*$", re.IGNORECASE
)
_TOO: Final = re.compile(
    r"\s*(?:\w+\s){0,3}?(?:is|are|was|were|feels?|seems?)?\s?(?:far |way |much |simply |just |already )*too "
    r"(?:slow|long|much|high|expensive|big|large|dear|costly|many)\b",
    re.IGNORECASE,
)  # "2 s is too slow" states a fact
_TOO_LITTLE: Final = re.compile(
    r"\s*(?:\w+\s){0,3}?(?:is|are|was|were)\s(?:far |way |much |simply |just )*too (?:little|low|small"
    r"|few|modest|weak)\b"
    r"|\s*(?:\w+\s){0,3}?(?:is not|isn't|are not|aren't|was not|wasn't|won't be) (?:enough|sufficient"
    r"|good enough)\b",
    re.IGNORECASE,
)  # "2 s is too slow" states a fact
_OURS: Final = re.compile(r"\b(?:our|my|the|this|current) (?:current |present |monthly )?$", re.IGNORECASE)
_BARE_SPAN: Final = re.compile(
    r"\W*(?:(?:from|to|up|down|about|around|roughly|now|then|i\.?e\.?|namely|so|or|a|per|each|month"
    r"|monthly)\b\W*)*",
    re.IGNORECASE,
)  # an amount and nothing else
_BILL: Final = re.compile(r"\s?(?:bills?|spend(?:ing)?|invoices?)\b", re.IGNORECASE)
_BILL_OF: Final = re.compile(
    r"\b(?:bills?|invoices?|spend|costs?|charges?)\s(?:of|at)\s(?:about |around |roughly )?$", re.IGNORECASE
)
_WE_PAY: Final = re.compile(
    r"\s*(?:that )?(?:we|i) (?:currently |now |already )?(?:pay|spend|are paying|are spending)\b",
    re.IGNORECASE,
)
_ORDERED: Final = re.compile(
    r"\b(?:told|asks?|asked|order(?:s|ed)|instruct(?:s|ed)|tells?|want(?:s|ed)?|expect(?:s|ed)?"
    r"|requir(?:es|ed)|urg(?:es|ed)"
    r"|needs?|like|says?|said|demand(?:s|ed)?)\s(?:(?:us|me|him|her|them|everyone|(?:the|my|our) team) "
    r")?(?:to|we (?:must|should"
    r"|need|have to))\b",
    re.IGNORECASE,
)  # an order, not a claim: "they ordered us to find 20 %"
_OTHERS: Final = (
    r"\b(?:consultants?|vendors?|suppliers?|providers?|agenc(?:y|ies)|sales(?:m[ae]n| rep| team)?"
    r"|competitors?"
    r"|competition|startups?|friends?|colleagues?|peers?|(?:an)?other (?:team|company|companies|teams))"
)
_PROMISED: Final = re.compile(rf"{_OTHERS} (?:\w+ ){{0,2}}?(?:promised|guaranteed)\b", re.IGNORECASE)
_OTHERS_DO: Final = re.compile(
    rf"{_OTHERS}(?:'s?)? (?:(?:company|team|firm|startup|shop) )?(?:who |that |which )?"
    r"(?:runs?|pays?|gets?|spends?|does"
    r"|do|has|have|manages?|serves?|operates?|achieves?)\b",
    re.IGNORECASE,
)  # what others pay is no goal of ours
_NOT_A_CENT: Final = re.compile(r"\bnot (?:a|one) (?:cent|dollar|penny|dime) more\b", re.IGNORECASE)
_CONTENT: Final = re.compile(
    r"\b(?:fine|happy|ok|okay|content|satisfied|comfortable|good|live|do|manage|get by|cope)\s*$",
    re.IGNORECASE,
)
_OVER_PLAN: Final = re.compile(
    r"\s*(?:over|above|beyond|short of|below|under)\s(?:the |our |my )?(?:monthly )?(?:budget|plan|target"
    r"|limit|cap|allowance|forecast)\b",
    re.IGNORECASE,
)
_BEYOND: Final = re.compile(r"\b(?:than|over|above|beyond|past|exceed\w*)\s(?:about )?$", re.IGNORECASE)
_TOLD: Final = re.compile(r"\b(?:told|tells|assured|assures|swears?|swore)\b", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"(?:^|\b)(?:actual(?:s|ly)?|current(?:ly)?|now|today|spent|as-is|status(?: quo)?|observed|measured"
    r"|baseline|before|previous(?:ly)?"
    r"|last month|so far|real|today's|present)\s*$",
    re.IGNORECASE,
)  # the heading of a line of facts: "Actual: $5,310"
_PERMITTED: Final = re.compile(
    r"\b(?:latency|speed|answers?|it|they|response times?|ttft|tpot|time|calls?)\s(?:may|might|can"
    r"|could) (?:even |well |happily )?$",
    re.IGNORECASE,
)  # "latency may double" permits, and asks for nothing
_DONT_CARE: Final = re.compile(
    r"[^.;!?]{0,16}\b(?:for all (?:i|we) care|i don't (?:care|mind)|(?:would|will) be (?:ok|okay|fine) "
    r"with me|no problem|never mind)\b",
    re.IGNORECASE,
)
_HYPOTHETICAL: Final = re.compile(
    r"\b(?:if|suppose|supposing|assum(?:e|es|ing)|imagine|say that|were to|in case|hypothetically|what "
    r"happens|let's say)\b",
    re.IGNORECASE,
)
_INVERTED: Final = re.compile(
    r"^\W*(?:were|had|should) (?:we|our|the|i|they|it|usage|traffic|demand|\ufffc)", re.IGNORECASE
)
_DATED_PAST: Final = re.compile(
    r"\b(?:last (?:year|month|quarter|week|summer|spring|winter|autumn|fall)|ago|yesterday|since|already)\b",
    re.IGNORECASE,
)
_WHY: Final = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat (?:happened|went wrong)\b|\bworth (?:its|their|the|it)\b", re.IGNORECASE
)


def mood_of(context: NumberContext, *, is_traffic: bool = False) -> Mood:
    """Return the mood of the number's clause; `is_traffic` if it states a change of traffic."""
    if is_retracted(context):
        return Mood.RETRACTED
    return Mood.FACT if _is_fact(context, is_traffic=is_traffic) else Mood.ASK


def _is_fact(context: NumberContext, *, is_traffic: bool) -> bool:
    clause = context.clause.text
    if _is_described(context) or _is_of_today(context) or _is_of_others(context):
        return True
    if is_traffic and has("future", clause) and not has("past", context.before):
        return False
    if has("claim", clause) and not _ORDERED.search(clause):
        told = _TOLD.search(clause)
        before = _PROMISED.sub(" ", context.before)
        return not has("ask", before if told is None else clause[: told.start()])
    if _is_supposed(context):
        return False
    is_headed = context.clause.joint.strip() in (":", "=") and _LABEL.search(_before_clause(context))
    is_done = has("we_did", clause) and not has("question_before_we", clause) and not has("future", clause)
    if is_headed or is_done:
        return True
    return not _is_asked(context) and _is_stated(context, is_traffic=is_traffic)


def _is_of_others(context: NumberContext) -> bool:
    """Return whether the number is what others pay or have: "a friend's company runs it for a third"."""
    others = _OTHERS_DO.search(context.before)
    return others is not None and not has("ask", context.before[: others.start()])


def _is_described(context: NumberContext) -> bool:
    """Return whether the words next to the number describe it: "from $8k", "2 s is too slow"."""
    unit, before, after = context.quantity.unit, context.before, context.after
    if _PERMITTED.search(before) or _DONT_CARE.search(after) or _TOO_LITTLE.match(after):
        return True
    is_left = _FROM.search(before) or _ARROW.match(after)
    if is_left and unit in (Unit.MS, Unit.MONEY, Unit.SHARE):
        return True
    if unit is Unit.MONEY and _OVER_PLAN.match(after):
        return True
    is_bound = _BEYOND.search(before) is not None  # "longer than 2 s is too long" limits
    return unit in (Unit.MS, Unit.MONEY) and not is_bound and _TOO.match(after) is not None


def _is_of_today(context: NumberContext) -> bool:
    """Return whether the number describes what is paid now: "our $10k bill", "the $9k we pay"."""
    if context.quantity.unit is not Unit.MONEY:
        return False
    if _BILL_OF.search(context.before) and not is_asked(context):
        return True
    is_attribute = _OURS.search(context.before) is not None and _BILL.match(context.after) is not None
    return is_attribute or _WE_PAY.match(context.after) is not None


def _is_change(context: NumberContext) -> bool:
    """Return whether the number is a share or a factor."""
    return context.quantity.unit in (Unit.SHARE, Unit.FACTOR)


def _before_clause(context: NumberContext) -> str:
    """Return the text of the sentence before the number's clause."""
    earlier = [one for one in context.sentence if one.start < context.clause.start]
    return " ".join(one.text for one in reversed(earlier))


def _is_supposed(context: NumberContext) -> bool:
    """Return whether the clause is a condition: "what would it cost if traffic went up 80 %?"."""
    if _INVERTED.match(_before_clause(context) or context.before):
        return True
    is_joined = context.clause.joint.strip().lower() in ("if", "when", "given", "provided")
    is_supposed = is_joined or _HYPOTHETICAL.search(context.before) is not None
    return is_supposed and _DATED_PAST.search(context.clause.text) is None


def _is_told_before(context: NumberContext) -> bool:
    """Return whether the sentence before the clause speaks of the past: "it doubled, from $4k to $8k"."""
    earlier = _before_clause(context)
    return has("past", earlier) and not has("ask", earlier) and _IMPERATIVE.match(earlier) is None


def is_asked(context: NumberContext) -> bool:
    """Return whether a word of asking, or a comparator, governs the number."""
    return _is_asked(context) or has("at_most", context.clause.text)


def _is_asked(context: NumberContext) -> bool:
    """Return whether a word of asking governs the number."""
    clause = context.clause.text
    if _GOAL_NOW.search(context.before) and "budget" in clause.lower():
        return True
    is_later = any(other.start < context.quantity.start for other in context.others)
    if (
        (is_later and has("correction", context.before))
        or has("inheriting", context.after)
        or has("ask", clause)
    ):
        return True
    if context.quantity.unit is Unit.MONEY and _NOT_A_CENT.search(context.whole_sentence):
        return True
    if context.clause.joint.strip().lower() == "with" and _CONTENT.search(_before_clause(context)):
        return True
    return _IMPERATIVE.match(clause) is not None or _FEASIBLE.search(clause) is not None


def _is_stated(context: NumberContext, *, is_traffic: bool) -> bool:
    """Return whether the clause speaks of the past or the present."""
    clause = context.clause.text
    if has("past", clause) and not (is_traffic and has("future", clause)):
        return True
    if _BARE_SPAN.fullmatch(f"{context.before} {context.after}") and _is_told_before(context):
        return True
    if _WHY.search(clause) or (has("dated", clause) and not is_traffic and not _is_change(context)):
        return True
    is_wished = has("ask", _before_clause(context)) and not _NOW.search(clause)
    if is_wished and _is_change(context):
        return False
    return has("present", _OF_NOW.sub(" ", clause)) and not has("at_most", context.around)
