"""The page about workloads lists every column, and its requests do what it says."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.api.conftest import serving, settings_for, sign_up_at
from tests.waiting import COMMAND_S

from netra.adapters.files.layout import ALIASES
from netra.domain.optimization.what_if.simulate import Proposal
from netra.domain.quotas import PREFIX_HASHES_PER_EVENT_MAX, Quotas
from netra.domain.workloads.folding import NAMES_MAX
from netra.domain.workloads.model import TOKENS_MAX, Event
from netra.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs/workloads.md").read_text()
COLUMNS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE, flags=re.MULTILINE))
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_column_of_an_event_is_listed_and_no_other() -> None:
    assert set(COLUMNS) == set(Event.__struct_fields__)


@pytest.mark.parametrize("field", msgspec.structs.fields(Event), ids=lambda field: field.name)
def test_what_is_needed_is_said_to_be(field: msgspec.structs.FieldInfo) -> None:
    assert ("needed" in COLUMNS[field.name]) == field.required


def test_a_proposal_is_described_field_by_field() -> None:
    (said,) = re.findall(r"The body may hold (.*?);", PAGE)
    assert tuple(re.findall(r"`(\w+)`", said)) == Proposal.__struct_fields__


def test_other_spellings_and_bounds_are_the_real_ones() -> None:
    azure = {"contexttokens", "generatedtokens"}
    assert all(f"`{name}`" in PAGE for name in set(ALIASES) - azure)
    quotas = Quotas()
    assert f"{quotas.max_events_per_batch:,} rows" in PAGE
    assert f"{quotas.max_events_per_workload:,} events" in PAGE


def test_the_limits_are_the_real_ones() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| ([\d,]+) \| (?:`NETRA_(\w+)`|none) \|", PAGE, re.MULTILINE)
    quotas, settings = Quotas(), Settings()
    fixed = {
        "prefix hashes of an event": PREFIX_HASHES_PER_EVENT_MAX,
        "events in a batch": quotas.max_events_per_batch,
    }
    assert len(rows) == 7
    for what, number, setting in rows:
        real = getattr(settings, setting.lower()) if setting else fixed[what]
        assert int(number.replace(",", "")) == real, what
    assert f"{TOKENS_MAX:,}" in PAGE
    assert f"{NAMES_MAX['model']:,} names apart" in PAGE
    assert f"and {NAMES_MAX['provider']} in `provider`" in PAGE


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, object]]]:
    """What each request of the page answers, in order."""
    settings = settings_for(tmp_path_factory.mktemp("page"))
    with serving(settings) as url, sign_up_at(url, "reader@example.com") as reader:
        token = reader.headers["Authorization"].removeprefix("Bearer ")
        environment = {"NETRA": url, "TOKEN": token, "PATH": "/usr/bin:/bin"}
        answers: list[dict[str, object]] = []
        for block in BLOCK.findall(PAGE):
            ran = subprocess.run(
                ["sh", "-c", block],
                env=environment,
                capture_output=True,
                check=False,
                text=True,
                timeout=COMMAND_S,
            )
            assert ran.returncode == 0, ran.stdout + ran.stderr
            answers.append(json.loads(ran.stdout))
            environment.setdefault("WORKLOAD", str(answers[0]["id"]))
        yield answers


@pytest.mark.system
def test_the_requests_of_the_page_work_as_printed(said: list[dict[str, object]]) -> None:
    made, as_json, as_lines, as_table, tried, decided, explained = said
    assert made["name"] == "support chat"
    assert (as_json["accepted"], as_json["rejected"]) == (1, 1)
    assert (as_lines["accepted"], as_lines["duplicates"]) == (1, 1)
    assert (as_table["accepted"], as_table["results"]) == (1, [])
    assert tried["calls"] == 3
    assert decided["data"] == []
    assert explained["before_usd"] == pytest.approx(1200 * 2.5e-6 + 300 * 10e-6)
