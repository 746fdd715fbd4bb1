"""The array types of this room, and three functions on log-odds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Passed = NDArray[np.int8]  # calls x rules: 1 passed, 0 failed, -1 not judged

NOT_JUDGED = -1


def expit(x: Floats) -> Floats:
    """The probability of these log-odds."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def logit(p: Floats) -> Floats:
    """The log-odds of these probabilities, which are strictly between 0 and 1."""
    return np.asarray(np.log(p) - np.log1p(-p))


def softplus(x: Floats) -> Floats:
    """log(1 + e^x) without overflow."""
    return np.asarray(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))
