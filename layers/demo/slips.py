"""
A handful of slips, made on purpose, so that the illustrative province has faults to look at.

They are of the kinds that offices meet: a firm listed outside zones whose point lies in one, one tax code on
two firms, a parcel drawn a hand's breadth off its neighbours, a legal area typed wrongly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from layers.demo.parcels import parcel_keys
from layers.demo.plane import METRES, Columns

OFF_M = 0.3
"""How far a parcel lies off: more than drawing noise, less than a surveyor's stake."""
WRONG_AREA = 1.25


def with_slips(tables: dict[str, Columns]) -> dict[str, Columns]:
    """
    The tables of `layers.demo.province.province` with one slip of each kind; no row is added.

    Parcels that were handed over, and so free some land, are left alone.
    """
    return {
        **tables,
        "enterprises": _firms(tables["enterprises"], tables["zones"]),
        **_parcels(tables["parcels"], tables["takes"], _cleared(tables)),
    }


def _firms(firms: Columns, zones: Columns) -> Columns:
    """The last two firms with a tax code share it, and the one before them stands in a working park."""
    once = _single(firms["key"])
    coded = [i for i in once if firms["tax_code"][i] is not None and firms["origin_zone_key"][i] is None]
    astray, first, second = coded[-3:]
    working = (
        row
        for row, status in enumerate(zones["status"])
        if status == "operating" and zones["valid_to"][row] is None
    )
    park = min(working, key=lambda row: zones["key"][row])
    geoms: Any = np.array(firms["geom"], dtype=object)
    geoms[astray] = zones["geom"][park].representative_point()
    codes = list(firms["tax_code"])
    codes[second] = codes[first]
    return {**firms, "geom": geoms, "tax_code": codes}


def _parcels(parcels: Columns, takes: Columns, cleared: set[str]) -> dict[str, Columns]:
    """One parcel lies off its neighbours, its take with it; another has a legal area a quarter too large."""
    keys = parcel_keys(parcels)
    kept = [i for i in _single(keys) if keys[i] not in cleared and parcels["zone_key"][i] is not None]
    if len(kept) < 2:
        return {"parcels": parcels, "takes": takes}
    off, typed = kept[len(kept) // 2], kept[len(kept) // 3]
    geoms, taken = (np.array(table["geom"], dtype=object) for table in (parcels, takes))
    geoms[off] = shapely.transform(geoms[off], lambda xy: xy + np.array([OFF_M, 0.0]) / METRES)
    for row in np.flatnonzero(np.array(takes["parcel_key"]) == keys[off]):
        taken[row] = geoms[off]
    areas = list(parcels["area_legal_m2"])
    areas[typed] = None if areas[typed] is None else round(areas[typed] * WRONG_AREA, 1)
    return {
        "parcels": {**parcels, "geom": geoms, "area_legal_m2": areas},
        "takes": {**takes, "geom": taken},
    }


def _cleared(tables: dict[str, Columns]) -> set[str]:
    """Keys of the parcels of cases that were ever handed over."""
    events, takes = tables["stage_events"], tables["takes"]
    over = {
        key for key, stage in zip(events["case_key"], events["stage"], strict=True) if stage == "handed_over"
    }
    return {
        parcel for parcel, case in zip(takes["parcel_key"], takes["case_key"], strict=True) if case in over
    }


def _single(keys: Any) -> list[int]:
    """Rows whose key comes once: features with one version."""
    counts: dict[str, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return [row for row, key in enumerate(keys) if counts[key] == 1]
