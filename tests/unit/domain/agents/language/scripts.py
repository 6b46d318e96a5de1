"""Language models that tests need, and what a prompt holds: what is told, and which task it is."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from netra.adapters.memory.language_model import Line, ScriptedLanguageModel
from netra.ports.language_model import Prompt, ToolCall

FORM: dict[str, Any] = dict.fromkeys(
    (
        "priority", "saving_share", "speedup", "traffic_growth", "budget_usd_per_month", "ttft_ms_p99",
        "tpot_ms_p99", "latency_ms", "features", "models", "analyses", "split_by", "quotations",
    )
)  # fmt: skip
PLAIN = "Your log is fine as it is. Nothing in it is worth a change today."


def form(**fields: Any) -> str:
    """Return the form as a model fills it."""
    return json.dumps({**FORM, **fields})


def is_reading(prompt: Prompt) -> bool:
    return prompt.answer_schema is not None


def told(prompt: Prompt) -> dict[str, Any]:
    """Return the data that a prompt holds."""
    text = next(message.text for message in prompt.messages if message.role == "user")
    data: dict[str, Any] = json.loads(text.removeprefix("<data>").removesuffix("</data>"))
    return data


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall(call_id=f"call-{name}", name=name, arguments_json=json.dumps(arguments))


def model(
    words: Line | Sequence[Line] | Callable[[Prompt], Line] = PLAIN, *, reads: Line | None = None
) -> ScriptedLanguageModel:
    """Return a model that reads nothing into a question, and words answers by `words`: the last stays."""
    lines: list[Any] = list(words) if isinstance(words, list) else [words]

    def script(prompt: Prompt) -> Line:
        if is_reading(prompt):
            return form() if reads is None else reads
        line = lines.pop(0) if len(lines) > 1 else lines[0]
        said: Line = line(prompt) if callable(line) else line
        return said

    return ScriptedLanguageModel(script)


def well(prompt: Prompt) -> str:
    """Word a result as a good writer would: from what is in it."""
    result = told(prompt)["result"]
    bill, plan = result["bill_usd"], result["plan"]
    text = f"Your {result['requests']:,} calls cost ${bill:,.2f}. "
    if plan["saved_share"] > 0.01:
        text += f"The plan saves {100 * plan['saved_share']:.1f} % of that. "
    for number, one in enumerate(result["recommendations"][:2], 1):
        text += f"\n\n{number}. {one['action']} ({one['cost_change']}). {one['impact']}"
    return text
