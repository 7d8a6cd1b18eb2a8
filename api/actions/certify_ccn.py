"""The certificate of Decree 32/2024/NĐ-CP: is each cluster complete, and clear of other plans?"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

from api.documents.certificate_parts import sector_names
from api.words import LANGS, say
from gis.measure import HA_M2
from layers.access import Actor
from layers.ccn_certificate import Certificate, Cluster, certify
from layers.layer import Layer


def certify_ccn(
    db: Connection, actor: Actor, as_of: date, *, option: str | None = None, key: str | None = None
) -> Certificate:
    """
    The certificate of every cluster, of an option or of one cluster.

    Raises
    ------
    OptionUnknown, FeatureUnknown
    """
    return certify(db, actor, as_of, option=option, key=key)


def as_json(found: Certificate) -> dict[str, Any]:
    """The certificate as an answer."""
    return {
        "option": found.option,
        "options": list(found.options),
        "as_of": found.as_of,
        "tolerance_ha": found.tolerance_m2 / HA_M2,
        "checked": [_titled(layer) for layer in found.checked],
        "not_checked": [_titled(layer) for layer in found.unchecked],
        "illustrative": found.illustrative,
        "counts": {
            "clusters": len(found.clusters),
            "complete": sum(one.complete for one in found.clusters),
            "overlapping": sum(bool(one.overlaps) for one in found.clusters),
            "clear": sum(one.clear for one in found.clusters),
        },
        "rows": [cluster_json(one) for one in found.clusters],
    }


def cluster_json(one: Cluster) -> dict[str, Any]:
    """One cluster as an answer."""
    items: dict[str, dict[str, Any]] = {n: {"value": i.value, "ok": i.ok} for n, i in one.items.items()}
    items["commune"] |= {
        "verdict": one.location.verdict,
        "message": in_both(f"certificate.commune_{one.location.verdict}"),
        "lies_in": [{"name": name, "share": round(share, 4)} for name, share in one.location.lies_in],
    }
    items["area_ha"]["measured_ha"] = one.measured_ha
    items["sectors"]["names"] = sector_names(one)
    items["investment"]["unit"] = "billion_vnd"
    return {
        "key": one.key,
        "name": one.name,
        "option": one.option,
        "status": one.status,
        "items": items,
        "complete": one.complete,
        "clear": one.clear,
        "overlaps": [
            {
                "layer": overlap.layer.id,
                "title": words(overlap.layer),
                "key": overlap.key,
                "label": overlap.label,
                "area_ha": overlap.area_ha,
                "share": overlap.share,
                "illustrative": overlap.illustrative,
            }
            for overlap in one.overlaps
        ],
        "overlap_ha": one.overlap_ha,
        "slivers": one.slivers,
        "box": one.geom.bounds,
        "illustrative": one.illustrative,
        "source": one.source,
    }


def words(layer: Layer) -> dict[str, str]:
    """Title of a layer in both languages."""
    return {"vi": layer.title.vi, "en": layer.title.en}


def in_both(code: str, **facts: object) -> dict[str, str]:
    """A sentence in both languages."""
    return {lang: say(code, lang, **facts) for lang in LANGS}


def _titled(layer: Layer) -> dict[str, Any]:
    return {"layer": layer.id, "title": words(layer)}
