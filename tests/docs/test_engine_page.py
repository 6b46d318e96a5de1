"""The engine's page explains every analyser, and its figure and commands exist."""

import re
from pathlib import Path

import pytest

from netra.domain.optimization.analysers.model import ORDER
from netra.domain.optimization.model import Grade

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/engine.md").read_text()


def sections() -> dict[str, str]:
    parts = re.split(r"^### (\w+)\n", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_analyser_is_explained_and_no_other() -> None:
    assert set(sections()) == set(ORDER)


@pytest.mark.parametrize("kind", ORDER)
def test_an_analyser_is_explained_with_its_formula_and_its_grade(kind: str) -> None:
    said = sections()[kind]
    assert "`" in said
    assert re.search(r"[Gg]rade [A-D]|95 %", said)


def test_every_grade_is_told() -> None:
    for grade in Grade:
        assert f"| {grade.value} |" in PAGE


def test_the_figure_and_the_scripts_it_names_are_there() -> None:
    (figure,) = re.findall(r"!\[[^]]+\]\(([^)]+\.svg)\)", PAGE)
    drawn = (ROOT / "docs" / figure).read_text()
    assert "<svg" in drawn
    assert "replicas" in drawn
    scripts = re.findall(r"python (bench/\w+\.py)", PAGE)
    assert len(scripts) == 4
    assert all((ROOT / script).exists() for script in scripts)
