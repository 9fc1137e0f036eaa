"""All measurements, in the order in which they run."""

from scripts.bench.consensus import CONSENSUS
from scripts.bench.generation import GENERATION
from scripts.bench.matrix_peak import MATRIX_PEAK
from scripts.bench.measurement import Measurement
from scripts.bench.training import TRAINING
from scripts.bench.verification import VERIFICATION

MEASUREMENTS: tuple[Measurement, ...] = (
    MATRIX_PEAK,
    GENERATION,
    VERIFICATION,
    CONSENSUS,
    TRAINING,
)
