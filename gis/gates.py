"""
Gates between a firm and a zone: pass, fail or no data, with what is missing to pass.

No data is never a pass and never a fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.arrays import Floats, Verdicts

PASS, FAIL, NO_DATA = 1, 0, -1


@dataclass(frozen=True)
class Gate:
    """
    One gate over n zones.

    Parameters
    ----------
    code
        Name of the gate.
    verdict
        Shape (n,): PASS, FAIL or NO_DATA.
    unit
        Of the three figures; None for a gate that measures nothing.
    required, available, shortfall
        Shape (n,); NaN where missing or where the gate measures nothing. The shortfall is 0 on a pass.
    """

    code: str
    verdict: Verdicts
    unit: str | None
    required: Floats
    available: Floats
    shortfall: Floats


def receiving(receives: Verdicts) -> Gate:
    """
    Whether the zone's status lets it receive firms.

    Parameters
    ----------
    receives
        Shape (n,): 1 yes, 0 no, -1 status not known.
    """
    return _plain("receiving", receives)


def sector(accepted: Verdicts) -> Gate:
    """
    Whether the zone takes the firm's sector, by `gis.sectors.accepts`.

    Parameters
    ----------
    accepted
        Shape (n,): 1 yes, 0 no, -1 no data.
    """
    return _plain("sector", accepted)


def plot(need_ha: float, largest_plot_ha: Floats) -> Gate:
    """
    Whether one contiguous free plot holds the firm.

    Parameters
    ----------
    need_ha
        Above 0.
    largest_plot_ha
        Shape (n,); NaN where not known.
    """
    known = ~np.isnan(largest_plot_ha)
    verdict = np.where(known, np.where(largest_plot_ha >= need_ha, PASS, FAIL), NO_DATA).astype(np.int8)
    shortfall_ha = np.maximum(need_ha - largest_plot_ha, 0.0)
    required_ha = np.full(len(largest_plot_ha), need_ha)
    return Gate("plot", verdict, "ha", required_ha, largest_plot_ha.astype(float), shortfall_ha)


def _plain(code: str, verdict: Verdicts) -> Gate:
    nothing = np.full(len(verdict), np.nan)
    return Gate(code, np.asarray(verdict, dtype=np.int8), None, nothing, nothing, nothing)
