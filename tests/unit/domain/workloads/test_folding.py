"""Folding the rarest names of a column: which are kept, what is said, and what is left alone."""

import numpy as np

from netra.domain.workloads.columns import Events, Labels
from netra.domain.workloads.folding import NAMES_MAX, OTHERS, folded


def log(codes: list[int], names: tuple[str, ...]) -> Events:
    """Return a log of one model whose templates are given."""
    ones = np.ones(len(codes), np.int64)
    return Events(
        at_ns=ones,
        model=Labels(codes=np.zeros(len(codes), np.int32), names=("m",)),
        input_tokens=ones,
        output_tokens=ones,
        template=Labels(codes=np.array(codes, np.int32), names=names),
    )


def test_the_names_with_most_calls_are_kept_and_the_others_become_one_group() -> None:
    events, notes = folded(log([0, 1, 1, 2, 2, 3, -1], ("a", "b", "c", "d")), names_max={"template": 2})
    assert events.template is not None
    assert [events.template.of(place) for place in range(7)] == [OTHERS, "b", "b", "c", "c", OTHERS, None]
    (note,) = notes
    assert note == (
        "The log has 4 names in template; the 2 with the most calls are kept, "
        "the others are one group, (others)."
    )


def test_folding_again_changes_nothing() -> None:
    once, _ = folded(log([0, 1, 2], ("a", "b", "c")), names_max={"template": 1})
    assert folded(once, names_max={"template": 1}) == (once, ())


def test_a_log_within_the_bounds_and_a_missing_column_are_left_as_they_are() -> None:
    events = log([0, 1], ("a", "b"))
    assert folded(events)[0] is events
    assert folded(events, names_max={"tool": 1})[0] is events


def test_names_that_no_call_has_are_dropped_without_a_word() -> None:
    events, notes = folded(log([2, 2], ("a", "b", "c", "d")), names_max={"template": 1})
    assert events.template is not None
    assert events.template.names == ("c",)
    assert notes == ()


def test_every_column_that_advice_is_given_by_is_bounded() -> None:
    assert set(NAMES_MAX) == {"model", "provider", "feature", "template", "tool", "status"}
