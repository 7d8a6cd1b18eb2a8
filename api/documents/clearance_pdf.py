"""The monthly clearance report as PDF, in the layout of Decree 30/2020/NĐ-CP, from what the report keeps."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.documents.curve_svg import draw as draw_curve
from api.documents.paper import printed, words_of
from api.documents.stage_map_svg import legend
from api.words import say
from api.words.form import day, number
from layers.records.stages import STAGES

NOTHING = "–"
BILLION = 1e9


def pdf(report: dict[str, Any]) -> bytes:
    """
    The paper; the same report gives the same bytes.

    Parameters
    ----------
    report
        What `api.actions.clearance_report.read_report` answers.
    """
    return printed("clearance.typ", _data(report))


def _data(report: dict[str, Any]) -> dict[str, Any]:
    content = report["content"]
    told, zones = content["summary"], content["zones"]
    funnel = [one for one in told["funnel"] if told["basis"] == "tracked"]
    curve = content["curve"]
    return {
        "words": _words(report),
        "illustrative": bool(told["illustrative"]),
        "opening": _opening(report),
        "figures": figures(told),
        "funnel": [_group(one) for one in funnel],
        "funnel_total": {
            "ha": _ha(sum(one["ha"] for one in funnel)),
            "cases": _whole(sum(one["cases"] for one in funnel)),
        },
        "curve": draw_curve(curve) if curve["actual"] else "",
        "curve_note": _forecast(curve),
        "map": content["map"],
        "legend": legend(),
        "zones": [_zone(one) for one in zones["rows"]],
        "zones_total": _zones_total(zones["rows"], told["scope"]["level"]),
        "overdue": [_knot(one) for one in content["overdue"]["rows"]],
        "closing": _closing(report),
        "provenance": _say(
            "provenance", on=day(report["as_of"], "vi"), made=day(report["made_at"].date(), "vi"),
            digest=report["sha256"][:16], number=report["id"],
        ),
    }  # fmt: skip


def _words(report: dict[str, Any]) -> dict[str, Any]:
    name = report["content"]["scope_name"]
    subtitle = _say("subtitle", place=name or _say("province"), month=f"{report['month']:%m/%Y}")
    told = words_of(_say("title"), subtitle, report["as_of"].year, None)
    rules = report["content"]["zones"]["rules"]
    amber, red = (f"{number(100 * rules[name], 'vi', 1)} %" for name in ("amber_from", "red_from"))
    named = ("figures_title", "funnel_title", "curve_title", "map_title", "zones_title", "overdue_title")
    return told | {
        **{name: _say(name) for name in named},
        "rules": _say("rules", amber=amber, red=red),
        "office": _say("office"),
        "number": _say("number"),
        "signer": _say("signer"),
        "zones_title": _say("zones_title_unit" if report["scope"] == "commune" else "zones_title"),
        "figures_headings": _headings("figure", "value", "ratio", "of"),
        "funnel_headings": _headings("stage", "ha", "cases", "median", "limit"),
        "zones_headings": _headings("zone", "to_recover", "handed_over", "ratio", "month", "gap", "done"),
        "overdue_headings": _headings("case", "place", "days_over", "blocker", "per_case", "firms"),
    }


def _headings(*codes: str) -> list[str]:
    return [_say(f"head_{code}") for code in codes]


def _opening(report: dict[str, Any]) -> list[str]:
    told = report["content"]["summary"]
    facts = {"on": day(report["as_of"], "vi"), "tracked": told["zones"]["tracked"]}
    lines = [_say("opening", place=report["content"]["scope_name"] or _say("province"), **facts)]
    over = told["handed_over"]
    if over["ratio"] is not None:
        lines.append(
            _say(
                "opening_figures", ha=_ha(over["ha"]), of=_ha(over["of_ha"]), ratio=_percent(over["ratio"]),
                cases=_whole(told["by_case"]["cases"]), of_cases=_whole(told["by_case"]["of_cases"]),
                case_ratio=_percent(told["by_case"]["ratio"]), change=_signed(over["change_ha"]),
                since=day(date.fromisoformat(told["previous_on"]), "vi"),
            )
        )  # fmt: skip
    return lines


def figures(told: dict[str, Any]) -> list[dict[str, str]]:
    """The figures of the strip with their denominators in words, each as text."""
    over, cases, money = told["handed_over"], told["by_case"], told["money"]
    rest, state, late = told["disputed"], told["state_managed"], told["overdue"]
    all_cases = _say("of_cases", n=_whole(cases["of_cases"]))
    of_land = _say("of_land", ha=_ha(over["of_ha"]))
    of_money = _say("of_money", vnd=_billion(money["approved_vnd"]))
    of_rest = _say("of_rest", n=_whole(rest["cases"]))
    decided = _say("state_decided", ha=_ha(state["decided_ha"]))
    waiting = _say("overdue_of", n=_whole(late["cases"]), firms=late["firms"])
    rows: list[tuple[str, str, str, str]] = [
        ("to_recover", _ha(told["to_recover"]["ha"]), "", all_cases),
        ("handed_over", _ha(over["ha"]), _percent(over["ratio"]), of_land),
        ("by_case", _whole(cases["cases"]), _percent(cases["ratio"]), all_cases),
        ("paid", _billion(money["paid_vnd"]), _percent(money["ratio"]), of_money),
        ("disputed", _ha(rest["ha"]), _percent(rest["ratio_of_rest"]), of_rest),
        ("state_managed", _ha(state["ha"]), "", decided),
        ("overdue", _ha(late["ha"]), "", waiting),
    ]
    rows += [
        (f"of_{one['id']}", _ha(one["ha"]), _percent(one["ratio"]), _say(f"as_{one['id']}"))
        for one in told["denominators"]
        if one["id"] != "to_recover"
    ]
    return [
        {"title": _say(f"figure_{code}"), "value": value, "ratio": ratio, "of": of}
        for code, value, ratio, of in rows
    ]


def _group(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": STAGES[one["rank"]].title.vi,
        "ha": _ha(one["ha"]),
        "cases": _whole(one["cases"]),
        "days": _whole(one["median_days"]),
        "limit": _whole(one["limit_days"]),
        "over": one["over"],
    }


def _zone(one: dict[str, Any]) -> dict[str, str]:
    done = (one["done"] or {}).get("p50")
    return {
        "name": one["name"] + ("" if one["basis"] == "tracked" else f" ({_say('reported')})"),
        "to_recover": _ha(one["to_recover_ha"]),
        "handed_over": _ha(one["handed_over_ha"]),
        "ratio": _percent(one["ratio"]),
        "month": _signed(one["month_ha"]),
        "gap": _signed_percent(one["plan_gap_ratio"]),
        "rag": one["rag"] or "",
        "done": f"{date.fromisoformat(done):%m/%Y}" if done else NOTHING,
    }


def _zones_total(rows: list[dict[str, Any]], level: str) -> dict[str, str]:
    """Sums of tracked parks; none for a unit, in which parks lie that reach beyond it."""
    if level == "unit":
        return dict.fromkeys(("to_recover", "handed_over", "month", "ratio"), NOTHING)
    tracked = summed(rows)
    land = sum(row["to_recover_ha"] or 0.0 for row in tracked)
    over = sum(row["handed_over_ha"] or 0.0 for row in tracked)
    month = sum(row["month_ha"] or 0.0 for row in tracked)
    ratio = over / land if land else None
    return {
        "to_recover": _ha(land),
        "handed_over": _ha(over),
        "ratio": _percent(ratio),
        "month": _signed(month),
    }


def summed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tracked zones that are no phase of another row, whose whole has counted them."""
    keys = {row["key"] for row in rows}
    return [row for row in rows if row["basis"] == "tracked" and row["parent_key"] not in keys]


def _knot(one: dict[str, Any]) -> dict[str, str]:
    blocker = one["blocker"]["title"]["vi"] if one["blocker"] else None
    return {
        "title": one["title"]["vi"],
        "place": one["place"]["vi"],
        "days": _whole(one["days_over"]),
        "blocker": " · ".join(filter(None, (blocker, one["office"]))) or NOTHING,
        "per_case": _ha(one["ha_per_case"]),
        "firms": _whole(len(one["firms"])),
    }


def _forecast(curve: dict[str, Any]) -> str:
    found = curve["forecast"]
    if not found or not found["done"].get("p50"):
        return _say("no_forecast")
    ends = {name: f"{date.fromisoformat(on):%m/%Y}" if on else NOTHING for name, on in found["done"].items()}
    return _say("forecast", **ends)


def _closing(report: dict[str, Any]) -> list[str]:
    rows = report["content"]["overdue"]["rows"]
    late = [one["name"] for one in report["content"]["zones"]["rows"] if one["rag"] == "r"]
    told = [_say("closing_late", zones="; ".join(late))] if late else [_say("closing_in_time")]
    if rows:
        first = rows[0]
        told.append(_say("closing_first", case=first["title"]["vi"], ha=_ha(first["ha_per_case"])))
    return [*told, _say("closing_decide")]


def _say(code: str, **facts: object) -> str:
    return say(f"clearance_paper.{code}", "vi", **facts)


def _ha(value: float | None) -> str:
    return NOTHING if value is None else number(value, "vi", 1)


def _whole(value: float | None) -> str:
    return NOTHING if value is None else number(value, "vi", 0)


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{number(100 * value, 'vi', 1)} %"


def _billion(value: float | None) -> str:
    return NOTHING if value is None else number(value / BILLION, "vi", 1)


def _signed(value: float | None) -> str:
    return NOTHING if value is None else ("+" if value > 0 else "") + number(value, "vi", 1)


def _signed_percent(value: float | None) -> str:
    return NOTHING if value is None else ("+" if value > 0 else "") + _percent(value)
