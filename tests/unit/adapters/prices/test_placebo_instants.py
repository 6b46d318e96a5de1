"""Was the upgrade at this instant worth it? Asked of a public hour of chat in which nothing was upgraded."""

from pathlib import Path

import numpy as np
import pytest

from netra.adapters.files.reader import FileRequestLogs
from netra.adapters.prices.book import GenaiPriceBook
from netra.domain.optimization.model import Goals
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.study import study_of
from netra.domain.optimization.verdicts.verdict import verdict_of
from netra.domain.what_if.price_list import price_list
from netra.domain.workloads.columns import Labels

HOUR = Path("../shared/data/azure_llm_2023_conv.csv")


@pytest.mark.shared_data
@pytest.mark.skipif(not HOUR.exists(), reason=f"{HOUR} is not here")
def test_at_most_two_of_40_instants_of_a_public_hour_claim_an_effect() -> None:
    log = FileRequestLogs().read(str(HOUR)).events
    prices = price_list(log, GenaiPriceBook(), default_model="gpt-4o", model="gpt-4o")
    study = study_of(log, goals=Goals(), prices=prices, hardware=Hardware(gpus=(), models=()))
    groups = Labels(codes=np.zeros(len(study.events), np.int32), names=("all calls",))
    instants = np.linspace(study.events.at_ns[0], study.events.at_ns[-1], 42)[1:-1].astype(np.int64)
    found = [
        verdict_of(study.events, study.traffic, study.now_usd, groups=groups, change_ns=int(at_ns)).change
        for at_ns in instants
    ]
    assert sum(one.ruling in ("worth_it", "not_worth_it") for one in found) <= 2
    assert len(found) == 40
    assert all("No model, price or use of caching changed at that instant." in one.reasons for one in found)
