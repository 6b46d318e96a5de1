"""The catalogue this release ships: the two dated tables as one `Hardware`."""

from typing import Final

from netra.domain.optimization.performance.gpu_table import GPUS
from netra.domain.optimization.performance.hardware import Hardware
from netra.domain.optimization.performance.model_table import MODELS
from netra.domain.optimization.performance.sibling_models import siblings_of

HARDWARE: Final = Hardware(gpus=GPUS, models=(*MODELS, *siblings_of(MODELS)))
"""The default of `Study.hardware`, unless the user supplies a catalogue."""
