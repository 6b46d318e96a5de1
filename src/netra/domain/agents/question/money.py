"""Read sums of money: a budget, a saving in dollars, or neither."""

import re
from typing import Final

from netra.domain.agents.numbers.lexicon import Unit, months_in
from netra.domain.agents.question.mentions import FILLER
from netra.domain.agents.question.number_context import NumberContext
from netra.domain.agents.question.phrases import has
from netra.domain.agents.question.readings import Reading, StatedTarget, Unread

SAVING: Final = "saving_usd_per_month"
BUDGET: Final = "budget_usd_per_month"
_FROM: Final = re.compile(r"\b(?:from|of today's|down from) (?:about |around |roughly )?$", re.IGNORECASE)
_TO: Final = re.compile(
    r"\b(?:to|at|towards?|is|be|into) (?:about |around |roughly |at most |only |just |something like |a "
    r"|max(?:imum)? )*$",
    re.IGNORECASE,
)
_BY: Final = re.compile(
    r"\b(?:by|minus|less) (?:about |around |roughly |at least |some |another |a |up to |more than )*$|-\s?$",
    re.IGNORECASE,
)
_SAVES: Final = re.compile(
    r"\b(?:sav(?:e|es|ing|ings)|shav(?:e|es|ing)|free(?:s|ing)?(?: up)?|claw(?:s|ing)? back|knock|take"
    r"|trim\w*|cut\w*|recover\w*|reclaim\w*|gain|find|get back|slash\w*|reduc\w*|lower\w*|drop|decreas\w*"
    r"|shed\w*|prun\w*|chop\w*"
    r"|squeez\w*|strip\w*|lop\w*|hack\w*|carv\w*|whittl\w*|par(?:e|es|ing)|slic\w*|wring\w*|peel\w*|rescu\w*"
    r"|win back|giv\w*(?! (?:us|me)\b)(?: back)?"
    r"|(?:hand|return)\w*(?: back)?|pocket\w*|pull out|economi[sz]\w*|conserv\w*|los(?:e"
    r"|ing)|wast\w*"
    r"|subtract|off|rid of|eliminat\w*|remov\w*|avoid\w*)\b(?:(?!\b(?:to|under|below"
    r"|within)\b)[^.;!?\n$]){0,30}$",
    re.IGNORECASE,
)
_SAVED: Final = re.compile(
    r"\s*(?:(?:a|per|each|every) \w+|/\s?\w+|monthly)?\s*(?:(?:us|american|worth)\s)?(?:of |in "
    r"|worth of )?(?:less|cheaper|off|sav(?:ed|ing|ings)|reductions?|cuts?|lower|back|decrease|cheaper"
    r"|leaner|lighter|(?:cost |monthly |annual |yearly |weekly )?(?:savings?|cost avoidance|waste)|relief"
    r"|gone)\b"
    r"|\s*(?:(?:a|per|each|every) \w+ )?(?:from|out of|off) (?:the |our |my )?(?:bill|spend|cost|budget"
    r"|invoice)",
    re.IGNORECASE,
)
_MORE: Final = re.compile(r"\s*(?:a \w+ |per \w+ )?(?:more|extra|additional|on top|higher)\b", re.IGNORECASE)
_EXTRA: Final = re.compile(
    r"\b(?:spend|pay|invest|add|afford|budget)\b[^.;,]{0,24}\b(?:another|(?:an )?(?:extra|additional"
    r"|further))\s"
    r"(?:up to |about )?$",
    re.IGNORECASE,
)
_PER_THING: Final = re.compile(r"\s*(?:per|for each|for every|/)\s?[a-z]{2,}", re.IGNORECASE)
_PERIOD: Final = re.compile(
    r"\s*(?:\w+\s){1,4}?(?:a|per|each|every)\s(?P<period>hour|day|week|month|quarter|year)\b"
    r"|\s*(?:for|over|during|in) (?:the|one|this|next) (?:whole |full |entire )?(?P<span>week|month"
    r"|quarter|year)\b",
    re.IGNORECASE,
)
_FINDING: Final = re.compile(r"\b(?:find|get back|gain|take|knock|cut|recover)\b", re.IGNORECASE)
_GPU_HOUR: Final = re.compile(
    rf"{FILLER}s?:? ?(?:gpus? |cards? )?(?:(?:costs?|is|goes|rents?|at|for|now)\s)*(?:about )?$",
    re.IGNORECASE,
)
_GPU_HEAD: Final = re.compile(rf"{FILLER}s?\s?$", re.IGNORECASE)
_PER_GPU: Final = re.compile(
    rf"\W*(?:\w+ ){{0,2}}?(?:per|an?|each|for each|for one)\s{FILLER}", re.IGNORECASE
)
_RENT: Final = re.compile(r"\b(?:rent|hire|gpus?|each|apiece)\w*\b", re.IGNORECASE)
_PRICE_OF: Final = re.compile(
    r"\b(?:costs?|price|spend|bill|dollars|usd|pay|paying)\s(?:per|for each|for every|of each|of one|of "
    r"a single)\s[^.;]{0,40}$"
    r"|\b(?:each|every|a single|one|per) (?:call|request|answer|token|user|query|message)\b[^.;]{0,24}$",
    re.IGNORECASE,
)
_MINUS: Final = re.compile(r"\bminus (?:an? )?(?:\w+ )?$", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_SPENDING: Final = re.compile(
    r"\b(?:budget\w*|spend\w*|spent|pa(?:y|ys|ying|id)|afford\w*|bills?|invoices?|costs?|costing"
    r"|allowance|allocat\w*|funds?|funding"
    r"|envelope|wallet|purse|sav(?:e|es|ing|ings)|cheap\w*|expens\w*|price\w*|outlay\w*|expenditure|money"
    r"|monthly|fees?|charges?"
    r"|burn\w*|gasto|fork out|shell out)\b",
    re.IGNORECASE,
)
WHICH_SUM: Final = "a sum without a role; write “a budget of $5,000 a month” or “save $500 a month”"
MORE_SPENDING: Final = "a sum of more spending sets no target; write the budget that is left"
ONE_THING: Final = "the price of a single thing sets no target; budgets are dollars a month"
FOREIGN: Final = "sums are read in US dollars only, as no rate of exchange is held"


def money_targets(
    context: NumberContext, *, quote: str, last: StatedTarget | None, is_correction: bool = False
) -> tuple[Reading, ...]:
    """Return the monthly budget, or the monthly saving, that a sum of money sets."""
    number = context.quantity
    if number.unit is Unit.MONEY and number.is_usd and _FROM.search(context.before):
        return ()
    period = number.period or _period_after(context.after)
    why, is_grave = _why_no_target(context, period=period, last=last)
    if why:
        return (Unread(text=quote, why=why, start=number.start, is_grave=is_grave),)
    is_saving = _is_saving(context, last=last if is_correction else None)
    if number.value <= 0:
        why = f"a {'saving' if is_saving else 'budget'} must be above 0"
        return (Unread(text=quote, why=why, start=number.start),)
    value = number.value if is_saving or number.high is None else number.high
    return (
        StatedTarget(
            field=SAVING if is_saving else BUDGET,
            value=round(value * months_in(period or "month"), 2),
            start=number.start,
            end=number.end,
            text=quote,
            assumed=_assumed(context, quote=quote, period=period),
        ),
    )


def _why_no_target(context: NumberContext, *, period: str, last: StatedTarget | None) -> tuple[str, bool]:
    """Return why a sum sets no target, and whether that is asked back; empty if it sets one."""
    number = context.quantity
    if number.unit is Unit.MONEY and not number.is_usd:
        return FOREIGN, True
    is_rent = number.period == "hour" and _is_of_a_gpu(context)
    is_price = _PRICE_OF.search(context.lead) or (not period and _PER_THING.match(context.after))
    if is_price or number.per or is_rent:
        return ONE_THING, False
    if _MORE.match(context.after) or _EXTRA.search(context.before):
        return MORE_SPENDING, False
    return ("", False) if _has_a_role(context, period=period, last=last) else (WHICH_SUM, True)


def _is_of_a_gpu(context: NumberContext) -> bool:
    """Return whether the sum is the price of renting a GPU: "an H100 costs $2.49", "H100: $2.49"."""
    if _RENT.search(context.clause.text) or _GPU_HOUR.search(context.lead) or _PER_GPU.match(context.after):
        return True
    heads = [one for one in context.sentence if one.start < context.clause.start]
    is_headed = context.clause.joint.strip() == ":" and not context.lead.strip()
    return is_headed and bool(heads) and _GPU_HEAD.search(heads[0].text) is not None


def _has_a_role(context: NumberContext, *, period: str, last: StatedTarget | None) -> bool:
    """Return whether any word says that the sum is a budget or a saving, or it is the price of a period."""
    if period or last is not None or context.quantity.sign or _LETTERS.search(context.around) is None:
        return True
    if (
        has("at_most", context.whole_sentence)
        or _SPENDING.search(context.whole_sentence)
        or _TO.search(context.before)
    ):
        return True
    return bool(_SAVED.match(context.after) or _BY.search(context.before) or _SAVES.search(context.before))


def _is_saving(context: NumberContext, *, last: StatedTarget | None) -> bool:
    before, after, number = context.before, context.after, context.quantity
    if _SAVED.match(after) or number.sign == "-" or _BY.search(before) or _MINUS.search(before):
        return True
    if _TO.search(before) or _limits(before) or re.search(r"\bbudget\b", before, re.IGNORECASE):
        return False
    if _SAVES.search(before):
        return True
    if last is not None and last.field in (SAVING, "saving_share"):
        return True
    return bool(_FINDING.search(context.clause.text)) and bool(re.search(r"\bsav", after, re.IGNORECASE))


def _limits(before: str) -> bool:
    """Return whether a comparator stands close before the number."""
    return has("at_most", before[-28:])


def _period_after(after: str) -> str:
    """Return the period that stands after words of saving: "$250 off each week"."""
    match = _PERIOD.match(after)
    return "" if match is None else (match["period"] or match["span"]).lower()


def _assumed(context: NumberContext, *, quote: str, period: str) -> str:
    if context.quantity.unit is Unit.BARE:
        return f"“{quote}” is US dollars{'' if period else ' a month'}"
    return "" if period else f"“{quote}” is a month's"
