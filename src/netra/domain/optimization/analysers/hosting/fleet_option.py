"""A sized fleet as one option to serve the whole traffic, for comparison with the others.

Valid for a log long enough to scale. The fleet is paid by the hour, busy or not. Calls that it does not
serve are paid as now; refused, uncharged calls are counted as in the present bill.
"""

import numpy as np
from msgspec.structs import replace

from netra.domain.optimization.analysers.hosting.hosting_case import Case
from netra.domain.optimization.analysers.model import Study, dollars_of
from netra.domain.optimization.measures.span import MONTH_H
from netra.domain.optimization.model import Option
from netra.domain.optimization.performance.hosting import Hosting
from netra.domain.optimization.performance.serving import serving_of
from netra.domain.optimization.supply_config import NO_SETTINGS, SupplySettings


def option_of(study: Study, case: Case, hosting: Hosting, *, kind: str) -> Option:
    """Return the fleet as an option of the analyser `kind`.

    It needs an evaluation if the model is a stand-in, or if a requested limit could not be checked.
    """
    deployment, fleet = hosting.configuration.deployment, hosting.fleet
    memory = deployment.memory()
    rest_usd = study.month.usd(np.where(case.where, study.traffic.unpaid_usd, study.now_usd))
    option = Option(
        name=f"{fleet.replicas} x ({hosting.configuration.name}), {deployment.model.name}",
        **dollars_of(study, hosting.usd_per_hour * MONTH_H + rest_usd),
        kind=kind,
        ttft_ms_p99=fleet.replayed.ttft_ms(99),
        tpot_ms_p99=fleet.replayed.tpot_ms(99),
        latency_ms_p99=fleet.replayed.latency_ms(99),
        ttft_ms_p99_range=hosting.tails.ttft_ms_p99,
        tpot_ms_p99_range=hosting.tails.tpot_ms_p99,
        latency_ms_p99_range=hosting.tails.latency_ms_p99,
        memory_gib=memory.weights_gib + memory.overhead_gib,
        gpu=deployment.gpu.name,
        replicas=fleet.replicas,
        gpus=fleet.replicas * deployment.gpus,
        slow_replays_holding=hosting.holding_share,
        needs_evaluation=not case.stand_in.is_same or bool(case.unheld),
    )
    return _in_part(option) if case.others else option


def served_by(hosting: Hosting) -> SupplySettings:
    """Return the settings that start the fleet; none where no weights are published at its precision."""
    serving = serving_of(
        hosting.configuration.deployment,
        replicas=hosting.fleet.replicas,
        batching=hosting.batching,
        balancing=hosting.balancing,
    )
    return NO_SETTINGS if serving is None else SupplySettings(serving=serving)


def _in_part(option: Option) -> Option:
    """Return the option for traffic of which some calls stay: the combined tail latency is not known."""
    return replace(
        option,
        name=f"{option.name}, other models as now",
        ttft_ms_p99=None,
        tpot_ms_p99=None,
        latency_ms_p99=None,
        ttft_ms_p99_range=None,
        tpot_ms_p99_range=None,
        latency_ms_p99_range=None,
    )
