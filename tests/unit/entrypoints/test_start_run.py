"""One question in two spellings is one command."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netra.domain.errors import ValidationFailed
from netra.domain.ids import UserId
from netra.entrypoints.json_body import shaped
from netra.entrypoints.start_run import Ask, start_run

OWNER = UserId(1)
PARAMETERS = st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.lists(st.text()), max_size=3)


@given(workload_id=st.none() | st.just("wl-1"), parameters=PARAMETERS)
def test_flat_nested_and_both_mean_the_same(workload_id: str | None, parameters: dict[str, Any]) -> None:
    fields = {"workload_id": workload_id, "parameters": parameters}
    spellings = [
        {"message": "a", **fields},
        {"message": "a", "context": fields},
        {"message": "a", "context": fields, **fields},
    ]
    commands = [start_run(shaped(spelling, Ask), owner_id=OWNER) for spelling in spellings]
    assert commands[0] == commands[1] == commands[2]
    assert commands[0].parameters == parameters
    assert commands[0].workload_id == workload_id


@pytest.mark.parametrize(
    ("flat", "context", "path"),
    [
        ({"workload_id": "wl-1"}, {"workload_id": "wl-2"}, "workload_id"),
        ({"parameters": {"a": 1}}, {"parameters": {"a": 2}}, "parameters"),
    ],
)
def test_spellings_that_disagree_are_refused(flat: Any, context: Any, path: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        start_run(shaped({"message": "a", "context": context, **flat}, Ask), owner_id=OWNER)
    assert caught.value.faults[0].path == path


def test_what_comes_from_the_transport_is_carried_on() -> None:
    command = start_run(
        Ask(message="a", thread_id="thread-1"),
        owner_id=OWNER,
        client_ref="c-1",
        idempotency_key="k",
        fingerprint="f",
    )
    assert (command.owner_id, command.thread_id, command.client_ref) == (OWNER, "thread-1", "c-1")
    assert (command.idempotency_key, command.fingerprint) == ("k", "f")
