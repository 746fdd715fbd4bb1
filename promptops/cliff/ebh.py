"""e-BH (Wang & Ramdas 2022, arXiv 2009.02824): a false discovery rate under any dependence.

Only on current e-values: on running maxima it does not hold (Fischer & Ramdas, arXiv 2501.19360).
"""

from __future__ import annotations

import numpy as np

from promptops.cliff.arrays import Bools, Floats


def ebh(log_e: Floats, tested: Bools, alpha: float) -> Bools:
    """True where the claim stands; `tested` marks the claims that were ever to be tested."""
    values = log_e[tested]
    found = np.zeros(log_e.shape, bool)
    if not values.size:
        return found
    ranked = np.sort(values)[::-1]
    enough = ranked >= np.log(values.size / alpha) - np.log(np.arange(1, values.size + 1))
    if enough.any():
        found[tested] = values >= ranked[np.flatnonzero(enough)[-1]]
    return found
