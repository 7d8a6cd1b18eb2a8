"""What layers can be exported as: formats, what each carries, and coordinate systems."""

from __future__ import annotations

from typing import Any

from gis.crs import SUPPORTED
from layers.export import FORMATS


def read_formats() -> dict[str, Any]:
    """Formats in the order of a menu, and the systems of those that carry any."""
    return {
        "formats": [
            {
                "form": one.form,
                "title": {"vi": one.title.vi, "en": one.title.en},
                "extension": one.extension,
                "media_type": one.media_type,
                "any_crs": one.carries.any_crs,
                "about": one.carries.about,
                "text_bytes": one.carries.text_bytes,
                "digits": one.carries.digits,
                "geometry_letters": one.carries.geometry_letters,
                "limits": [{"vi": limit.vi, "en": limit.en} for limit in one.carries.limits],
            }
            for one in FORMATS.values()
        ],
        "crs": [
            {"crs": f"EPSG:{crs.srid}", "name": crs.name, "geographic": crs.geographic}
            for crs in SUPPORTED.values()
        ],
    }
