"""Whole columns at once give what row by row gives, for any cells."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra.adapters.files.layout import layout_of
from netra.adapters.files.table import take_table
from netra.domain.workloads.columns import Labels, Prefixes

FIELDS = {
    "timestamp": ["2026-11-01T00:00:00Z", "2026-11-01 00:00:00.1234567", "2026-11-01T00:00:00+00:00", "x"],
    "model": ["gpt-4o", "gpt, 4o", "modèle", "m" * 201, ""],
    "input_tokens": ["0", "12", "007", "1e3", "5.0", "100000001", "-1", "", "1_0"],
    "output_tokens": ["3", "7"],
    "id": ["a", "b", ""],
    "cached_input_tokens": ["", "0", "13"],
    "cache_write_tokens": ["", "4"],
    "cache_write_1h_tokens": ["", "3", "6"],
    "variant": ["", "control", "treatment", "both"],
    "labels": [
        "",
        "team=a|env=b",
        "env=b;team=a",
        "team",
        '{"team": "a"}',
        '{"team": [1]}',
        "{team",
        "=".join("ab" * 99),
    ],
    "charges": ["", "web_search=2", "web_search=x", '{"web_search": 2}', "a=1|a=2"],
    "reasoning_tokens": ["", "2", "9"],
    "latency_ms": ["", "1.5", "2", ".5", "1e2", "1e11", "20000000000", "nan"],
    "cost": ["", "0.25", "inf"],
    "currency": ["", "EUR", "eur"],
    "status": ["ok", "", "429"],
    "offline": ["", "true", "0", "False", "yes"],
    "prefix_hashes": ["", "1 2", "[1, -5]", "ab;12", "9" * 5_000, "1 " * 10_001],
    "prefix_block_tokens": ["512", "64", "0", "70000", ""],
}


def rows_of(fields: dict[str, list[str]]) -> st.SearchStrategy[list[dict[str, str]]]:
    row = st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in fields.items()})
    return st.lists(row, min_size=1, max_size=5)


def table(rows: list[dict[str, str]]) -> tuple[str, str]:
    def cell(text: str) -> str:
        quoted = text.replace('"', '""')
        return f'"{quoted}"' if "," in text or '"' in text else text

    header = ",".join(FIELDS)
    return header, "\n".join(",".join(cell(row[name]) for name in FIELDS) for row in rows)


def told(column: Any) -> Any:  # Any: whatever a column of events can be
    if isinstance(column, Labels):
        return [column.of(place) for place in range(len(column.codes))]
    if isinstance(column, Prefixes):
        return [told(column.hashes), told(column.offsets), told(column.block_tokens)]
    if isinstance(column, np.ndarray):
        return [None if cell != cell else cell for cell in column.tolist()]
    return column


def check_ways_agree(rows: list[dict[str, str]]) -> None:
    header, text = table(rows)
    layout = layout_of(header, path="x")
    together = take_table(text, first_line=2, layout=layout)
    alone = [
        take_table(f'{line}\n"', first_line=place, layout=layout)  # the stray quote sends it the slow way
        for place, line in enumerate(text.split("\n"), 2)
    ]
    kept = [part for part in alone if len(part.events)]
    assert together.lines.tolist() == [int(part.lines[0]) for part in kept]
    assert len(together.faults) == len(rows) - len(kept)
    for name in msgspec.structs.fields(type(together.events)):
        column = told(getattr(together.events, name.name))
        if column is not None and name.name != "prefixes":
            for place, part in enumerate(kept):
                other = told(getattr(part.events, name.name))
                assert column[place] in ((other or [None])[0], -1), name.name


@settings(max_examples=30)
@given(rows=rows_of(FIELDS))
def test_any_rows_come_out_the_same_together_and_alone(rows: list[dict[str, str]]) -> None:
    check_ways_agree(rows)


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for name, cells in FIELDS.items() for cell in cells if cell != "gpt, 4o"]
)
def test_one_unusual_cell_among_plain_ones_is_judged_the_same_together_and_alone(
    name: str, cell: str
) -> None:
    plain = {field: cells[0] for field, cells in FIELDS.items()} | {"output_tokens": "99"}
    check_ways_agree([plain, plain | {name: cell}, plain])


def test_a_block_size_that_no_prompt_has_costs_its_row_with_and_without_hashes() -> None:
    layout = layout_of("timestamp,input_tokens,output_tokens,prefix_hashes,prefix_block_tokens", path="x")
    line = "2026-11-01T00:00:00Z,5,1,{},{}"
    text = "\n".join(line.format(*cells) for cells in (("", 0), ("1 2", 0), ("", 64), ("1", 64)))
    taken = take_table(text, first_line=2, layout=layout)
    assert [fault.line for fault in taken.faults] == [2, 3]
    assert "from 1 to 65536" in taken.faults[0].message
    assert taken.lines.tolist() == [4, 5]


def test_prefix_chains_come_out_the_same_both_ways() -> None:
    layout = layout_of("timestamp,input_tokens,output_tokens,prefix_hashes,prefix_block_tokens", path="x")
    line = "2026-11-01T00:00:00Z,5,1,[12 ab],64"
    fast, slow = (take_table(text, first_line=1, layout=layout) for text in (line, f'{line}\n"'))
    assert told(fast.events.prefixes) == told(slow.events.prefixes)
    assert fast.events.prefixes is not None
    assert fast.events.prefixes.hashes[0] == 12
