"""What can be imported into, and what a person can say of a file."""

from __future__ import annotations

from typing import Any

from api.actions.guided_import import MOST_BYTES
from gis import crs
from layers.codes import provinces
from layers.ingest.placing import OLD
from layers.ingest.plan import COVERAGES
from layers.ingest.rasters import TITLE
from layers.ingest.targets import Target, targets
from layers.layer import Text

ENCODINGS = ("UTF-8", "TCVN3", "VNI", "VISCII", "windows-1258", "windows-1252")

Json = dict[str, Any]


def read_targets() -> Json:
    """Targets with their columns, provinces with their meridians, systems, encodings and limits."""
    coverage = {
        "id": COVERAGES,
        "title": _text(TITLE),
        "kind": "coverage",
        "fields": [],
    }
    return {
        "targets": [*(_target(one) for one in targets()), coverage],
        "provinces": [
            {"code": _code(one), "name": one.name, "era": one.era, "meridian_deg": one.meridians_deg[0]}
            for one in provinces()
        ],
        "crs": [{"crs": f"EPSG:{one.srid}", "name": one.name} for one in crs.SUPPORTED.values()],
        "encodings": list(ENCODINGS),
        "limits": {"bytes": MOST_BYTES},
    }


def _code(one: crs.Province) -> str:
    """Its code, marked where the same code means another province since July 2025."""
    anew = one.era == "old" and any(other.code == one.code and other.era == "new" for other in provinces())
    return f"{one.code}{OLD}" if anew else one.code


def _target(into: Target) -> Json:
    return {
        "id": into.id,
        "title": _text(into.title),
        "kind": "record" if into.layer is None else "layer",
        "fields": [
            {
                "name": told.name,
                "title": _text(told.title),
                "unit": told.unit,
                "required": told.required,
                "kind": told.kind,
                "codes": [{"value": code.value, "title": _text(code.title)} for code in told.codes],
            }
            for told in into.fields.values()
        ],
    }


def _text(words: Text) -> Json:
    return {"vi": words.vi, "en": words.en}
