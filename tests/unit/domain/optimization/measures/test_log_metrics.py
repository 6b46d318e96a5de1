"""The documented numbers of a log."""

import json

import msgspec
import numpy as np

from netra.domain.optimization.measures.log_metrics import log_metrics
from netra.domain.optimization.prefix import prefix_reuse
from netra.domain.workloads.columns import Events, Prefixes, empty_events, labels_of


def small_log() -> Events:
    model, status = labels_of(["m", "m"]), labels_of(["ok", "error"])
    assert model is not None
    return Events(
        at_ns=np.array([0, 2 * 10**9]),
        model=model,
        status=status,
        input_tokens=np.array([512, 512]),
        output_tokens=np.array([3, 4]),
        prefixes=Prefixes(
            hashes=np.array([1, 1]), offsets=np.array([0, 1, 2]), block_tokens=np.array([512, 512], np.int32)
        ),
    )


def test_the_documented_names_are_there() -> None:
    metrics = log_metrics(small_log())
    assert (metrics.requests, metrics.input_tokens, metrics.output_tokens) == (2, 1_024, 7)
    assert list(msgspec.to_builtins(metrics.prefix_reuse)) == [
        {"ttl_s": ttl_s, "token_share": 0.5} for ttl_s in (60, 300, None)
    ]
    assert metrics.arrivals.rate_per_s == 0.5
    assert msgspec.to_builtins(metrics.duplicates) == {"requests": 1, "share": 0.5}
    assert msgspec.to_builtins(metrics.failures) == {"requests": 1, "share": 0.5}
    assert metrics.data_sufficiency.sufficient is True


def test_reuse_that_is_known_already_is_not_asked_again() -> None:
    events = small_log()
    metrics = log_metrics(events, reuse=prefix_reuse(events, ttls_s=[1]))
    assert list(msgspec.to_builtins(metrics.prefix_reuse)) == [{"ttl_s": 1, "token_share": 0.0}]


def test_a_log_of_nothing_has_numbers_that_json_can_say() -> None:
    metrics = log_metrics(empty_events())
    assert msgspec.to_builtins(metrics.failures) == {"requests": None, "share": None}
    assert json.loads(msgspec.json.encode(metrics))["data_sufficiency"]["sufficient"] is False


def test_what_a_log_cannot_tell_is_unknown_and_not_zero() -> None:
    metrics = log_metrics(msgspec.structs.replace(small_log(), status=None, prefixes=None))
    assert msgspec.to_builtins(metrics.failures) == {"requests": None, "share": None}
