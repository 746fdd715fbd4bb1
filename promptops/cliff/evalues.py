"""Was the coin fair, given the answer? An e-value for every ordered pair of rules.

The question is put to the coin that left rule i out, never to the model: under "i does nothing to
j" the coin is independent of everything j did, whatever the cases, the calls or the provider are
like, so the product below has expectation 1 and may be read at any time. It is the randomised-coin
form of the safe 2x2 test (Turner, Ly & Grünwald 2024, JSPI 230).

The predicted compliance may use every answer about j, later ones of the same round too, since
given all of them the coins are still fair; only an answer's own drop set is left out.
"""

from __future__ import annotations

import numpy as np

from promptops.cliff.arrays import Bools, Floats, logit, softplus

STRENGTHS = (0.8, 1.6, 2.6)  # log-odds: what an edge worth finding is like


def log_ratios(
    passed: Floats,
    checked: Floats,
    predicted: Floats,
    membership: Floats,
    dropped: Bools,
    chance: Floats,
    generic: float,
) -> Floats:
    """strengths x rules x rules: what one round adds to the log e-value of i harming j.

    passed, checked (0 or 1) and predicted: calls x rules. membership: sets x calls. dropped: sets x
    rules. generic: log-odds that leaving out just any rule gains; an edge must do more than that.
    """
    n = len(chance)
    added = np.zeros((len(STRENGTHS), n, n))
    x = logit(predicted)
    for share in np.unique(chance[chance > 0]):
        mine = np.flatnonzero(chance == share)
        out = dropped[:, mine].T.astype(float)
        none = _odds(x, passed, checked, membership, share, generic)
        for k, strength in enumerate(STRENGTHS):
            some = _odds(x, passed, checked, membership, share, generic + strength)
            gone = softplus(-none) - softplus(-some)
            stayed = softplus(none) - softplus(some)
            added[k, mine] = out @ (gone - stayed) + stayed.sum(0)
    return added


def _odds(
    x: Floats, passed: Floats, checked: Floats, membership: Floats, share: float, strength: float
) -> Floats:
    """sets x rules: log-odds that the coin fell "out", given the answers and this strength."""
    start = float(logit(np.asarray(share)))
    if strength == 0:
        return np.full((len(membership), x.shape[1]), start)
    each = strength * passed - softplus(x + strength * (1 - share)) + softplus(x - strength * share)
    return np.asarray(start + membership @ (each * checked))


def log_mean(logs: Floats) -> Floats:
    """log of the mean over the first axis of exp."""
    top = logs.max(0)
    return np.asarray(top + np.log(np.exp(logs - top).mean(0)))
