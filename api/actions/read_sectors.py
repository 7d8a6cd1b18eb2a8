"""The sector codes of a scheme."""

from __future__ import annotations

from typing import Any, Literal

from layers.codes import sector_crosswalk, sectors


def read_sectors(scheme: Literal["VSIC2018", "VSIC2025"]) -> list[dict[str, Any]]:
    """
    Codes with their level, parent and names.

    Of VSIC 2025 the list of codes is known through the crosswalk, with the names that they had in 2018.
    """
    if scheme == "VSIC2018":
        return [
            {
                "code": code,
                "level": sector.level,
                "parent": sector.parent or None,
                "title": {"vi": sector.name_vi, "en": sector.name_en or None},
            }
            for code, sector in sorted(sectors().items())
        ]
    return [_renamed(code, olds) for code, olds in sorted(sector_crosswalk()["VSIC2025", "VSIC2018"].items())]


def _renamed(code: str, olds: tuple[str, ...]) -> dict[str, Any]:
    known = [sectors()[old] for old in olds if old in sectors()]
    names = [sector.name_vi for sector in known]
    english = [sector.name_en for sector in known if sector.name_en]
    return {
        "code": code,
        "level": known[0].level if known else len(code),
        "parent": code[:-1] or None,
        "title": {"vi": "; ".join(names), "en": "; ".join(english) or None},
    }
