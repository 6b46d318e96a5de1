"""Answers in words about real results: honest sentences, and the same with one invention planted in each.

The results are those of small workloads run through the agents. An honest sentence tells numbers of the
result as a good writer would; an invention is a number, unit, sign, date or name that the result does not
hold, checked here by a reader of its own that knows no kinds.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

Result = dict[str, Any]
NUMBERS = "zero one two three four five six seven eight nine ten"
MONTHS = "January February March April May June July August September October November December"


class Honest(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that the result bears out."""

    text: str
    result: int


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with one invention in it."""

    text: str
    result: int
    kind: str


def money(usd: float) -> str:
    return f"${usd:,.2f}"


def honest(result: Result, number: int) -> Iterator[Honest]:
    """Tell what a result holds, in many ways of writing numbers."""
    for text in (*_of_bill(result), *_of_recommendations(result), *_of_goals(result), *_of_rest(result)):
        yield Honest(text=text, result=number)


def _of_bill(result: Result) -> Iterator[str]:
    metrics, plan = result["metrics"], result["metrics"]["plan"]
    bill = metrics["bill_usd"]
    calls, tokens = metrics["requests"], metrics["input_tokens"]
    yield f"Your {calls} calls cost {money(bill)} over the log."
    yield f"You sent {calls:,} requests with {tokens / 1e3:g}k input tokens."
    yield f"The log holds {tokens:,} input tokens and {metrics['output_tokens']:,} output tokens."
    yield f"The log holds {tokens / 1e6:g} million input tokens."
    yield from _of_month(plan, calls=calls)
    now, planned, saved = (money(plan[f"{name}_usd_in_window"]) for name in ("now", "planned", "saved"))
    yield f"Your bill of {now} would become {planned}."
    if plan["saved_share"] > 0.01:
        share = plan["saved_share"]
        yield f"The plan saves {100 * share:.1f} % of the bill."
        yield f"The plan cuts the bill by {100 * share:.0f}%."
        yield f"The plan is {100 * share:.1f} percent cheaper."
        yield f"**Saving:** {saved}, or {100 * share:.1f} %."
        yield f"You would pay {saved} less."
        yield f"The bill falls by {100 * share:.2f} per cent, from {now} to {planned}."


def _of_month(plan: Mapping[str, Any], *, calls: int) -> Iterator[str]:
    """Tell the month's bill, where the log covers a day."""
    month, planned = plan["now_usd_per_month"], plan["planned_usd_per_month"]
    if month is None:
        return
    yield f"At this rate that is {money(month)} a month."
    yield f"At this rate that is about {month:,.0f} dollars per month."
    yield f"The bill is {money(month)}/month for {calls} calls."
    yield f"Your monthly bill of {money(month)} would become {money(planned)}."
    if plan["saved_share"] > 0.01:
        yield f"**Saving:** {money(plan['saved_usd_per_month'])} per month."
        yield f"You would pay {money(plan['saved_usd_per_month'])} less a month."


def _of_recommendations(result: Result) -> Iterator[str]:
    found = result["recommendations"]
    words = NUMBERS.split()
    yield f"There are {len(found)} recommendations."
    yield f"I found {words[len(found)]} recommendations in your log."
    for place, one in enumerate(found, 1):
        savings, usd = one["savings"], one["savings"]["usd_per_month"] or 0.0
        yield f"{place}. {one['action']}: {one['impact']}" if place == 1 else f"First, {one['action']}."
        yield f"It changes the cost by {one['cost_change']}."
        yield f"The {_ordinal(place)} recommendation ({one['id']}) is graded {one['grade']}."
        if usd > 0:
            yield f"{one['action']}. That saves {money(usd)} a month."
        if usd > 0 and savings["low"] is not None and savings["high"] is not None:
            yield f"It saves between {money(savings['low'])} and {money(savings['high'])} per month."
            yield f"It saves ${savings['low']:,.2f}–${savings['high']:,.2f} monthly."
        if usd < 0:
            yield f"That would cost {money(-usd)} more a month, so leave it."
            yield f"It would lose {money(-usd)} a month."
        yield from _of_inputs(one["inputs"], one)


def _of_inputs(inputs: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[str]:
    if "break_even_accept_rate" in inputs:
        rate = inputs["break_even_accept_rate"]
        yield f"A cascade to {inputs['model']} pays above an accept rate of {100 * rate:.1f} %."
        judged = f"judge {inputs['answers_to_judge']:,} answers first"
        yield f"{inputs['model']} would do for {inputs['calls']} calls; {judged}."
        yield f"Move to {inputs['model'].upper()} once {rate:.3f} of the answers are accepted."
    if "ttft_ms_p99_low" in inputs:
        low, high = inputs["ttft_ms_p99_low"], inputs["ttft_ms_p99_high"]
        yield f"The p99 time to first token is {low:.0f} to {high:.0f} ms."
        yield f"Time to first token is between {low / 1e3:.2f} and {high / 1e3:.2f} s at the 99th percentile."
        yield f"One {inputs['gpu'].split('-')[0]} costs ${inputs['usd_per_gpu_hour']:.2f} an hour."
        yield f"The price is of {_day(inputs['gpu_price_as_of'])}; {inputs['model']} stands in."
        yield f"The price is as of {inputs['gpu_price_as_of']}, on an {inputs['gpu']}."
        if inputs["break_even_traffic"] is not None:
            yield f"It breaks even at {inputs['break_even_traffic']:.1f} times today's traffic."
        yield f"Utilisation is {100 * inputs['utilisation']:.1f} %."
    if "limits_needed" in inputs:
        need = inputs["limits_needed"]
        yield f"Ask for {need['tokens_per_minute']:,} tokens a minute."
        yield f"Ask for {need['requests_per_minute']} requests per minute."
        yield f"Ask for {need['tokens_per_minute'] / 1e3:g}k tokens per minute."
    if "repeated_calls" in inputs:
        yield f"{inputs['repeated_calls']} of {inputs['calls']} calls repeat a prompt."
        repeated = _spelt(inputs["repeated_calls"])
        yield f"{100 * inputs['repeated_share']:.0f} % of calls repeat a prompt, {repeated} calls."
    if "read_tokens" in inputs:
        yield f"The cache would serve {inputs['read_tokens']:,} tokens."


def _of_goals(result: Result) -> Iterator[str]:
    goals = result["metrics"]["goals"]
    if goals.get("saving_share"):
        yield f"You asked for {100 * goals['saving_share']:.0f} % off."
        yield (
            "You asked for twenty percent less, and the plan does not reach that."
            if goals["saving_share"] == 0.2
            else ""
        )
    if "speedup" in goals:
        yield f"You asked for answers {goals['speedup']:g}x as fast."
        yield f"You asked for {goals['speedup']:g} times the speed."
    if "traffic_growth" in goals:
        grown = money(result["metrics"]["growth"]["bill_usd_in_window"])
        yield f"With {100 * goals['traffic_growth']:.0f} % more traffic the bill is {grown}."
        yield "With half as much traffic again the bill grows too." if goals["traffic_growth"] == 0.5 else ""
    if "change_at" in goals:
        yield f"The change was made on {_day(goals['change_at'])}."
        yield f"Since {goals['change_at'][:10]} nothing else changed."


def _of_rest(result: Result) -> Iterator[str]:
    metrics = result["metrics"]
    yield f"The log covers {metrics['span']['seconds'] / 3600:.2f} hours."
    yield f"The log covers {metrics['span']['seconds'] / 60:,.0f} minutes."
    yield f"A month is {metrics['span']['per_month']:.1f} times the log."
    latency = metrics["latency"]["latency_ms_p99"]
    if latency is not None:
        yield f"The slowest answers take {latency:,.0f} ms (p99)."
        yield f"The p99 latency is {latency / 1e3:g} s."
        yield f"The p99 latency is {latency / 1e3:g} seconds."
    for row in metrics["latency"]["by_feature"]:
        told = f"{row['latency_ms_p99']:.0f} ms at p99, over {row['calls']} calls"
        yield f"{row['feature']} answers within {told}."
    for row in metrics["by_model"]:
        yield f"{row['name']} served {row['requests']} requests for {money(row['usd_in_window'])}."
    monthly = metrics["bill_usd_per_month"]
    if monthly is not None and monthly["value"] > 150:
        rough = round(monthly["value"], -1)
        yield f"The bill is about ${rough:,.0f} a month, roughly {rough:,.0f} dollars monthly."
    times = f"**{metrics['span']['per_month']:.0f}x** a month"
    yield f"(Your log: {metrics['requests']} calls; {metrics['bill_usd']:.2f} USD; {times}.)"
    for row in (row for row in metrics["prefix_reuse"] if row["ttl_s"] == 300):
        share = row["token_share"]
        yield f"Within {row['ttl_s']} s the cache would hold {100 * share:.1f} % of the tokens."
        yield f"Kept for {row['ttl_s'] // 60} minutes, {share:.0%} of input tokens are reused."
    yield "Nothing else is worth a change."
    yield "1. Cache the prompts.\n2. Batch what can wait.\n3. Measure again."
    yield "One of the ideas needs an evaluation; the second one does not."


def planted(result: Result, number: int) -> Iterator[Planted]:
    """Plant one invention in each honest sentence that can bear it, of every kind that fits."""
    held = Held(result)
    for one in honest(result, number):
        for kind, text in _inventions(one.text, held):
            yield Planted(text=text, result=number, kind=kind)
    for kind, text in _free(held):
        yield Planted(text=text, result=number, kind=kind)


class Held:
    """Every number and word of a result, without a notion of what they are."""

    def __init__(self, result: Result) -> None:
        text = json.dumps(result, ensure_ascii=False)
        self.numbers = sorted(
            {
                abs(float(n.replace(",", "")))
                for n in re.findall(r"[0-9][0-9,]*(?:\.[0-9]+)?(?:e[-+][0-9]+)?", text)
                if n.strip(",")
            }
        )
        self.text = text.lower()

    def has(self, value: float, *, slack: float) -> bool:
        """Whether any number is this one, at any of the scales that a unit could mean."""
        return any(
            abs(held * scale - value) <= slack * 1.01
            for held in self.numbers
            for scale in (1.0, 100.0, 0.01, 1e3, 1e-3, 1e-6, 1 / 60, 1 / 3_600, 1 / 86_400)
        )


_DIGITS = re.compile(r"(?<![\w.,-])\$?([0-9][0-9,]*(?:\.[0-9]+)?)(?![\w-]|[.,:][0-9])")


def _inventions(text: str, held: Held) -> Iterator[tuple[str, str]]:
    changed = _changed_digit(text, held)
    if changed is not None:
        yield "changed digit", changed
    for kind, was, becomes in _SWAPS:
        if re.search(was, text):
            yield kind, re.sub(was, becomes, text, count=1)
    for model in re.findall(r"\b(?:gpt|GPT|Llama|llama)-[\w.-]*\w", text)[:1]:
        for wrong in _versions(model):
            if f'"{wrong.lower()}"' not in held.text and wrong.lower() not in held.text:
                yield "model version", text.replace(model, wrong)


def _changed_digit(text: str, held: Held) -> str | None:
    """Return the text with one digit of its first number changed to what the result has nowhere."""
    for match in _DIGITS.finditer(text):
        digits = match[1]
        if match.start() == 0:
            continue
        slack = 0.5 * 10.0 ** -len(digits.partition(".")[2])
        for place, digit in enumerate(digits):
            for other in "73915":
                wrong = digits[:place] + other + digits[place + 1 :]
                if (
                    digit.isdecimal()
                    and other != digit
                    and not held.has(float(wrong.replace(",", "")), slack=slack)
                ):
                    return text[: match.start(1)] + wrong + text[match.end(1) :]
    return None


def _versions(model: str) -> Sequence[str]:
    return {"g": ("gpt-5.2", "gpt-4.5-turbo", "gpt-4o-max"), "l": ("Llama-3.3-70B", "Llama-3.1-405B")}[
        model[0].lower()
    ]


_SWAPS = (
    ("changed unit", r"(?<=[0-9]) ms\b", " s"),
    ("changed unit", r"(?<=[0-9]) (?:s|seconds)\b", " ms"),
    ("changed unit", r"(?<=[0-9]) hours", " days"),
    ("changed unit", r"(?<=[0-9]) minutes", " hours"),
    ("changed unit", r"\$(?=[0-9])", "€"),
    ("changed unit", r"(?<=[0-9])k (?=input|tokens)", "M "),
    ("changed unit", r" million (?=input)", " billion "),
    ("changed period", r"(?:a month|per month|/month)", "a year"),
    ("changed period", r"(?:a month|per month|/month)", "per day"),
    ("changed period", r"an hour", "a month"),
    ("changed period", r"(?:a|per) minute", "a second"),
    ("changed period", r"monthly", "weekly"),
    ("swapped sign", r"by -(?=[0-9])", "by +"),
    ("swapped sign", r"by \+(?=[0-9])", "by -"),
    ("swapped sign", r"The plan saves (?=[0-9])", "The plan adds "),
    ("swapped sign", r"percent cheaper", "percent dearer"),
    ("swapped sign", r"less a month", "more a month"),
    ("swapped sign", r"That saves (?=\$)", "That loses "),
    ("swapped sign", r"would cost (\$[0-9,.]+) more", r"would save \1"),
    ("swapped sign", r"would lose", "would save"),
    ("swapped sign", r"% more traffic", "% less traffic"),
)


def _free(held: Held) -> Iterator[tuple[str, str]]:
    """Yield sentences that are inventions whatever the result, as far as it does not say them."""
    for value, text in _CLAIMS:
        if value is None or not held.has(value, slack=0.006 * value):
            kind = "invented share" if "%" in text or "percent" in text else "number words"
            yield kind, text
    for day in (
        "14 March 2025",
        "2025-02-03",
        "3rd of April",
        "Aug 9",
        "June 2024",
        "2025/07/01",
        "07/03/2025",
        "at 13:37",
    ):
        yield "invented date", f"The price list changed {day}."
    yield "a sum", f"Both together save ${sum(held.numbers[-9:-3]) + 0.37:,.2f} a month."
    yield "a sum", f"All in all {round(sum(held.numbers) * 1.37) + 11:,} calls are touched."


_CLAIMS: Sequence[tuple[float | None, str]] = (
    (61.3, "That is 61.3 % of the bill."),
    (0.77, "Expect seventy-seven percent fewer tokens."),
    (83, "Expect 83 percent of it to go."),
    (0.61, "Quality falls by 61 percentage points."),
    (7, "It answers seven times as fast."),
    (11, "Eleven engineers are needed."),
    (13, "It takes thirteen weeks to build."),
    (47_000, "Forty-seven thousand calls fail."),
    (None, "Hundreds of calls fail."),
    (None, "That brings thousands of dollars."),
    (3, "Your traffic will triple."),
    (0.667, "Two thirds of it is waste."),
    (0.6, "Three fifths of it is waste."),
    (0.875, "⅞ of it is waste."),
    (59_000_000, "The market is worth $59 million."),
    (37, "Latency falls by ３７ ms."),
    (77, "Latency falls by ٧٧ ms."),
    (10, "It answers tenfold."),
    (17, "A team of seventeen did this."),
    (144, "That is a dozen dozen of them."),
)


def _ordinal(place: int) -> str:
    return f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place, 'th') }"


def _spelt(number: int) -> str:
    words = {1: "one", 9: "nine"}
    return words.get(number, str(number))


def _day(iso: str) -> str:
    months = MONTHS.split()
    year, month, day = iso[:10].split("-")
    return f"{int(day)} {months[int(month) - 1]} {year}"
