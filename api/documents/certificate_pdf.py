"""The certificate as PDF: a report in the layout of Decree 30/2020/NĐ-CP, left open where an office signs."""

from __future__ import annotations

from typing import Any

from api.documents.certificate_parts import legend_of, map_of, sector_names
from api.documents.paper import printed, words_of
from api.words import say
from api.words.form import day, number
from gis.measure import HA_M2
from layers.ccn_certificate import ITEMS, Certificate, Cluster

NOTHING = "–"


def pdf(found: Certificate) -> bytes:
    """The paper; the same certificate gives the same bytes."""
    return printed("certificate.typ", _data(found))


def _data(found: Certificate) -> dict[str, Any]:
    invested = [c.items["investment"].value for c in found.clusters if c.items["investment"].ok]
    areas = [c.items["area_ha"].value for c in found.clusters if c.items["area_ha"].ok]
    return {
        "words": _words(found),
        "illustrative": found.illustrative,
        "headings": [_say("no"), *(_say(f"column_{n}") for n in ITEMS), _say("column_overlap")],
        "opening": _opening(found),
        "clusters": [_cluster(one) for one in found.clusters],
        "totals": {
            "area": _number(sum(areas)) if areas else NOTHING,
            "investment": _number(sum(invested)) if invested else NOTHING,
            "overlap_ha": _number(sum(one.overlap_ha for one in found.clusters)),
        },
        "closing": _closing(found),
        "provenance": _provenance(found),
    }


def _words(found: Certificate) -> dict[str, Any]:
    names = ("summary_title", "overlaps_title", "overlap_total", "present", "no_overlap", "absent_mark")
    title, subtitle = say("certificate.title", "vi"), say("certificate.subtitle", "vi")
    province = (found.province.vi, found.province.en) if found.province else None
    told = words_of(title, subtitle, found.as_of.year, province, names)
    return told | {
        "absent": told["absent_mark"],
        "item_headings": [_say("item_heading"), _say("told_heading"), _say("result_heading")],
        "overlap_headings": [_say("layer"), _say("feature"), _say("area_heading"), _say("share_heading")],
    }


def _opening(found: Certificate) -> list[str]:
    option = f"“{found.option}”" if found.option else say("certificate.every_option", "vi")
    layers = "; ".join(layer.title.vi for layer in found.checked)
    paragraphs = [
        _say("opening_1"),
        _say(
            "opening_2", option=option, day=day(found.as_of, "vi"), count=len(found.clusters), layers=layers
        ),
    ]
    if found.unchecked:
        paragraphs.append(
            _say("opening_unchecked", layers="; ".join(one.title.vi for one in found.unchecked))
        )
    return paragraphs


def _closing(found: Certificate) -> list[str]:
    lacking = [one for one in found.clusters if not one.complete]
    over = [one for one in found.clusters if one.overlaps]
    told = [_say("closing_counts", clear=sum(one.clear for one in found.clusters), count=len(found.clusters))]
    told += [_say("closing_lacking", clusters="; ".join(_lacks(one) for one in lacking))] if lacking else []
    told += [_say("closing_over", clusters="; ".join(_lies_on(one) for one in over))] if over else []
    return [*told, _say("closing_decide") if lacking or over else _say("closing_clear")]


def _lacks(one: Cluster) -> str:
    items = ", ".join(say(f"certificate.short_{name}", "vi") for name in one.missing)
    return f"{one.name or one.key} ({items})"


def _lies_on(one: Cluster) -> str:
    return f"{one.name or one.key} ({_number(one.overlap_ha)} ha)"


def _cluster(one: Cluster) -> dict[str, Any]:
    area, investment = one.items["area_ha"], one.items["investment"]
    cells = {
        "name": one.name or NOTHING,
        "area": _number(area.value) if area.value is not None else NOTHING,
        "commune": one.location.filed or NOTHING,
        "sectors": "; ".join(sector_names(one)) or NOTHING,
        "investment": _number(investment.value) if investment.value is not None else NOTHING,
    }
    ok = {
        "name": "name",
        "area": "area_ha",
        "commune": "commune",
        "sectors": "sectors",
        "investment": "investment",
    }
    whole = one.overlap_ha / one.measured_ha if one.measured_ha else 0.0
    return {
        **{name: {"text": text, "ok": one.items[ok[name]].ok} for name, text in cells.items()},
        "codes": {"text": ", ".join(_codes(one)) or NOTHING, "ok": one.items["sectors"].ok},
        "title": f"{one.name or NOTHING} ({one.key})",
        "items": _items(one, cells),
        "overlaps": [
            {
                "layer": overlap.layer.title.vi,
                "label": overlap.label,
                "area_ha": _number(overlap.area_ha),
                "share": _percent(overlap.share),
            }
            for overlap in one.overlaps
        ],
        "overlap_ha": _number(one.overlap_ha),
        "overlap_share": _percent(whole),
        "map": map_of(one),
        "legend": legend_of(one),
        "caption": _say("caption", name=one.name or one.key)
        + (f" {say('certificate.illustrative', 'vi')}." if one.illustrative else ""),
    }


def _items(one: Cluster, cells: dict[str, str]) -> list[dict[str, Any]]:
    lies_in = ", ".join(f"{name} ({_percent(share)})" for name, share in one.location.lies_in)
    verdict = say(f"certificate.commune_{one.location.verdict}", "vi")
    notes = {
        "area_ha": _say("note_measured", area=_number(one.measured_ha)),
        "commune": _say("note_lies_in", units=lies_in, verdict=verdict) if lies_in else verdict,
        "sectors": ", ".join(_codes(one)),
    }
    texts = {**cells, "area_ha": cells["area"]}
    return [
        {
            "title": say(f"certificate.item_{name}", "vi"),
            "text": texts[name],
            "note": notes.get(name, ""),
            "ok": one.items[name].ok,
        }
        for name in ITEMS
    ]


def _codes(one: Cluster) -> list[str]:
    return [str(code) for code in one.items["sectors"].value or ()]


def _provenance(found: Certificate) -> str:
    sources = sorted({one.source for one in found.clusters if one.source})
    return _say(
        "provenance",
        day=day(found.as_of, "vi"),
        tolerance=_number(found.tolerance_m2 / HA_M2),
        method=say("certificate.method_told", "vi"),
        sources="; ".join(sources[:3]) + (" …" if len(sources) > 3 else "") if sources else NOTHING,
    )


def _say(code: str, **facts: object) -> str:
    return say(f"paper.{code}", "vi", **facts)


def _number(value: float, digits: int = 2) -> str:
    return number(value, "vi", digits)


def _percent(share: float) -> str:
    return f"{number(100 * share, 'vi', 1)} %"
