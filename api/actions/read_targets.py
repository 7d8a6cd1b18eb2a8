"""What can be imported into, and what a person can say of a file."""

from __future__ import annotations

from typing import Any

from api.actions.guided_import import MOST_BYTES
from gis import crs
from layers.codes import meridians
from layers.ingest.plan import COVERAGES
from layers.ingest.targets import Target, targets
from layers.layer import Text

ENCODINGS = ("UTF-8", "TCVN3", "VNI", "VISCII", "windows-1258", "windows-1252")
ERAS = {"2001": "old", "2025": "new"}

Json = dict[str, Any]


def read_targets() -> Json:
    """Targets with their columns, provinces with their meridians, systems, encodings and limits."""
    coverage = {
        "id": COVERAGES,
        "title": {"vi": "Lớp phủ (ảnh raster)", "en": "Coverage (raster)"},
        "kind": "coverage",
        "fields": [],
    }
    return {
        "targets": [*(_target(one) for one in targets()), coverage],
        "provinces": [
            {
                "code": one.province_code,
                "name": one.province,
                "era": ERAS[one.vintage],
                "meridian_deg": one.central_meridian_deg,
            }
            for one in meridians()
        ],
        "crs": [{"crs": f"EPSG:{one.srid}", "name": one.name} for one in crs.SUPPORTED.values()],
        "encodings": list(ENCODINGS),
        "limits": {"bytes": MOST_BYTES},
    }


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
