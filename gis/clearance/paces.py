"""
How fast single cases go beside others of their kind: some families wait for years at every stage.

Each case has a pace that stays with it. Which paces there are is learnt from all cases, which of them a case
has from its own stages: finished ones against the hazard it went through (a shared frailty on a grid; Laird
1978, Klein 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.arrays import Floats

#: Paces beside the usual one.
PACES = np.array([0.1, 0.17, 0.28, 0.45, 0.7, 1.0, 1.5, 2.2, 3.3])
_PRIOR_WEIGHT = 5.0  # cases whose pace is taken to be spread evenly over the grid before any is seen
_STEPS = 5


@dataclass(frozen=True)
class Paces:
    """
    Paces of cases.

    Parameters
    ----------
    levels
        Shape (levels,): the paces that there are; a case before its first stage has pace 1 on average.
    share
        Shape (levels,): how common each is.
    chance
        Shape (cases, levels): how probable each is for a case.
    """

    levels: Floats
    share: Floats
    chance: Floats

    @property
    def mean(self) -> Floats:
        """Shape (cases,): mean pace of each case."""
        return self.chance @ self.levels


def usual(cases: int) -> Paces:
    """Before anything is known: all go alike, though any pace is possible."""
    share = np.exp(-0.5 * (np.log(PACES) / 0.3) ** 2) + 0.01
    share /= share.sum()
    levels = PACES / (share @ PACES)
    return Paces(levels, share, np.tile(share, (cases, 1)))


def learn(paces: Paces, finished: Floats, exposed: Floats) -> Paces:
    """
    A better belief.

    Parameters
    ----------
    finished, exposed
        Shape (cases,): stages that each finished, and the hazard of a usual case that it went through.
    """
    share, levels = paces.share, paces.levels
    chance = paces.chance
    for _ in range(_STEPS):
        log = finished[:, None] * np.log(levels) - exposed[:, None] * levels + np.log(share)
        chance = np.exp(log - log.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        share = chance.sum(axis=0) + _PRIOR_WEIGHT / len(levels)
        share /= share.sum()
    return Paces(levels / (share @ levels), share, chance)
