"""The contract of `IdSource`."""

import math
import os
import re

import pytest

from netra.adapters.local.ids import RandomIdSource
from netra.domain.ids import well_formed


@pytest.fixture(params=["local"])
def ids(request, clock) -> RandomIdSource:
    return RandomIdSource(clock=clock)


def test_an_id_is_its_prefix_and_small_letters_and_digits(ids):
    for prefix in ("run", "thread", "wl"):
        made = ids.new(prefix)
        assert re.fullmatch(rf"{prefix}-[0-9a-z]{{20,}}", made)
        assert well_formed(made, path="id") == made


def test_ids_made_later_sort_later(ids, clock):
    made = []
    for seconds in (0.001, 0.001, 0.031, 1.0, 60.0, 1e6, 1e9):
        clock.turn(seconds)
        made.append(ids.new("run"))
    assert made == sorted(made)


def test_ids_of_one_millisecond_share_no_chance(ids):
    made = [ids.new("run") for _ in range(2_000)]
    assert len(set(made)) == 2_000
    kinds = [len({one[place] for one in made}) for place in range(len(made[0]))]
    assert sum(math.log2(kind) for kind in kinds) >= 96


def test_a_forked_process_shares_no_chance_with_its_parent(ids):
    ids.new("run")  # some has been drawn by now
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, ids.new("run").encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as told:
        assert told.read()[-26:] != ids.new("run")[-26:]
