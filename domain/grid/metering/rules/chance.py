"""Counter-based chance: any value can be drawn alone, in any order, on any number of workers, always the same.

A stream's key is a hash of names; a value is the SplitMix64 finaliser of key plus counter (Steele, Lea, Flood 2014).
Only integer and IEEE basic operations are used, so that every processor gives the same bits.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(0xFFFF)
# Sum of four uniform 16-bit integers: mean 2 * 65535, variance (65536^2 - 1) / 3.
_SUM_MEAN = 2.0 * 65535.0
_SUM_SD = float(np.sqrt((65536.0**2 - 1.0) / 3.0))


def stream_key(*names: str | int) -> np.uint64:
    """The 64-bit key of one named stream, for example (tenant, seed, "consumption", meter id)."""
    digest = hashlib.blake2b("|".join(map(str, names)).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def draw(keys: NDArray[np.uint64], counters: NDArray[np.int64]) -> NDArray[np.uint64]:
    """64 random bits for each key and counter; the two broadcast against each other."""
    x = keys + counters.astype(np.uint64) * GOLDEN
    x ^= x >> np.uint64(30)
    x *= _MIX_1
    x ^= x >> np.uint64(27)
    x *= _MIX_2
    x ^= x >> np.uint64(31)
    return x


def uniform(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Uniform on [0, 1) from the upper 53 bits."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Nearly standard normal, bounded by 3.46 sigma: the sum of the four 16-bit quarters (Irwin-Hall, n = 4)."""
    total = bits & _HALF
    for shift in (16, 32, 48):
        total = total + ((bits >> np.uint64(shift)) & _HALF)
    return (total.astype(np.float64) - _SUM_MEAN) / _SUM_SD


def lognormal_factor(log_value: NDArray[np.float64]) -> NDArray[np.float64]:
    """(1 + x/1024)^1024, within 0.2 % of exp(x) for |x| < 2, by ten squarings: exact to the bit everywhere."""
    factor = 1.0 + log_value / 1024.0
    for _ in range(10):
        np.multiply(factor, factor, out=factor)
    return factor
