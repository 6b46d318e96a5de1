"""Models, GPUs and parts of a product, by the names people give them."""

import pytest

from netra.domain.agents.question.families import families_in
from netra.domain.agents.question.mentions import blanked, gpus_in, models_in, parts_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("GPT 4o mini or gpt-5?", ["gpt-4o-mini", "gpt-5"]),
        ("Claude 3.5 Sonnet, opus 4.1", ["claude-3.5-sonnet", "claude-opus-4-1"]),
        ("llama 3.1 70b instruct 2x faster", ["llama-3.1-70b-instruct"]),
        ("gpt-5 20 % cheaper than openai/gpt-4o", ["gpt-5", "openai/gpt-4o"]),
        ("o3-mini, mixtral-8x7b, gemini 2.5 flash", ["o3-mini", "mixtral-8x7b", "gemini-2.5-flash"]),
        ("a command-line tool, Nova Scotia, some phi", []),
        ("command-r then", ["command-r"]),
    ],
)  # fmt: skip
def test_a_model_is_known_by_its_family(text: str, names: list[str]) -> None:
    assert [model.name for model in models_in(text)] == names


def test_a_model_comes_back_as_the_log_spells_it() -> None:
    found = models_in("is GPT 4O Mini better than our prod llm?", known=["gpt_4o-mini", "prod-llm"])
    assert [(model.name, model.known) for model in found] == [("gpt_4o-mini", True), ("prod-llm", True)]


def test_a_family_alone_is_no_model() -> None:
    assert models_in("would Claude do?") == ()
    assert [family.name for family in families_in("would Claude do?")] == ["Claude"]


def test_gpus_are_found_with_their_variants() -> None:
    found = [gpu.name for gpu in gpus_in("4x H100, A100 80GB SXM, two L40S or RTX 4090, T4s; not a100x")]
    assert found == ["H100", "A100 80GB SXM", "L40S", "RTX 4090", "T4s"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the image search is slow", [("image-search", True)]),
        ("is the cost high?", []),
        ("is the cost feature expensive?", [("cost", True)]),
        ("the 'cost' calls", [("cost", True)]),
        ("the tool rank and tool R2", [("rank", False), ("R2", False)]),
        ("per tool whether it pays", []),
        ("call `a b c d e f g`", []),
        ("my_func is slow, other() too", [("my_func", False), ("other", False)]),
        ("set max_tokens in each feature", []),
        ("image, search", []),
    ],
)
def test_parts_are_those_of_the_log_and_those_marked_as_names(
    text: str, found: list[tuple[str, bool]]
) -> None:
    assert [(part.name, part.known) for part in parts_in(text, known=["image-search", "cost", "…"])] == found


def test_blanking_keeps_every_place() -> None:
    assert blanked("abcdef", [(3, 5), (0, 2), (1, 2)]) == "\ufffc\ufffcc\ufffc\ufffcf"
