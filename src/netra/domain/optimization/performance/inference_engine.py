"""An inference engine's constants, and how those of one measured kind of deployment replace them."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """Constants of an engine fitted on the measured rows of one kind of deployment.

    `values` replaces fields of `Engine`; of fields by link, the value for NVLink.
    """

    precision: str  # of the weights
    gpu: str  # the catalogue's name of the GPU that was measured
    generation: str
    mixture: bool = False  # of a mixture of experts
    release: str = ""  # of the engine; "" if the file names no engine
    values: Mapping[str, float]
    rows: int  # settings in the fit
    tpot_error: float  # mean error of TPOT on rows left out of the fit, as a share
    ttft_error: float | None = None  # the same of TTFT, where the cache holds the batch


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """An inference engine's efficiency on the hardware, and its overheads."""

    name: str
    mfu: float  # share of the tensor rate that prefill reaches
    mbu: float  # share of the memory bandwidth that weights reach
    kv_mbu: Mapping[str, float]  # the same for the key-value cache, by its precision
    layer_us: float  # fixed cost of a layer in every step
    allreduce_us: Mapping[str, float]  # latency of one all-reduce, by link
    link_efficiency: Mapping[str, float]  # share of the link's rate that all-reduce reaches, by link
    one_shot_efficiency: Mapping[str, float] = {}  # the same for small messages, where it differs
    wide_batch_share: Mapping[str, float] = {}  # slowdown of reading weights from 32 rows on, by precision
    host_layer_us: float = 0.0  # the step floor of engines that launch every kernel from Python
    host_rank_us: float = 0.0  # per GPU of the group: one process dispatches the step to each
    host_vocabulary_us: float = 0.0  # per thousand entries: sampling gathers and sorts them
    host_sequence_us: float = 0.0
    host_pair_us: float = 0.0
    host_factor: Mapping[str, float] = {}  # host time with a GPU of this generation, relative to an A100's
    memory_utilisation: float = 0.9
    admission: Literal["whole", "growing"] = "growing"  # cache reserved for the whole answer, or page by page
    ttft_prefills: float = 1.0  # closed-loop TTFT = prefill x (this + next x other sequences) + a step
    ttft_prefills_per_sequence: float = 0.0
    ttft_steps: float = 1.0  # steps of decoding in the closed-loop TTFT
    prefill_first_share: float = 0.0  # of other prompts' prefill that delays first tokens, not later ones
    expert_mbu: float | None = None  # share of the bandwidth that experts reach; None: as other weights
    data_parallel_prefill: float = 1.0  # factor on a prefill with attention-data parallelism
    data_parallel_layer_us: float = 0.0  # added to a layer with attention-data parallelism
    tpot_error: float = (
        0.10  # mean error of TPOT, as a share, without a fit; an assumption where not measured
    )
    fits: tuple[Fit, ...] = ()  # constants measured for a precision, GPU, kind of model or release

    def closest_fit(
        self, *, precision: str, gpu: str, generation: str, mixture: bool, release: str
    ) -> Fit | None:
        """Return the fit of the closest measured deployment, or None.

        A dense deployment matches fits of its precision and GPU generation, the same GPU first. A mixture
        of experts matches any fit of a mixture, since its own terms matter more than the precision.
        """
        able = [
            fit
            for fit in self.fits
            if fit.mixture == mixture
            and (mixture or (fit.precision == precision and fit.generation == generation))
        ]

        def closeness(fit: Fit) -> tuple[bool, bool, bool, bool]:
            same = fit.precision == precision, fit.generation == generation
            return (*same, fit.gpu == gpu, fit.release == release)

        return max(able, key=closeness, default=None)


EIGHT_BITS: Final = ("fp8", "int8")
SIXTEEN_BITS: Final = ("bf16", "fp16")
"""Precisions of the cache that cost the same; a fit with FP8 weights is of an 8-bit cache, else of 16-bit."""

_BY_LINK: Final = frozenset({"allreduce_us", "link_efficiency", "one_shot_efficiency"})
"""Fields by link; every fit is of GPUs with NVLink."""


def with_fit(engine: Engine, fit: Fit) -> Engine:
    """Return the engine with the constants of `fit`."""
    changes: dict[str, object] = {"fits": ()}
    for name, value in fit.values.items():
        if name in _BY_LINK:
            changes[name] = {**getattr(engine, name), "nvlink": value}
        elif name == "kv_mbu":
            measured = EIGHT_BITS if fit.precision == "fp8" else SIXTEEN_BITS
            changes[name] = {**engine.kv_mbu, **dict.fromkeys(measured, value)}
        elif name == "wide_batch_share":
            changes[name] = {fit.precision: value}
        else:
            changes[name] = value
    return msgspec.structs.replace(engine, **changes)
