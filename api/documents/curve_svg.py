"""The S-curve of clearance as a drawing for paper: plans, actual, forecast. It loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any

from api.words import say
from api.words.form import number

WIDTH, HEIGHT = 1600, 620
LEFT, RIGHT, TOP, BOTTOM = 120, 40, 70, 70
FONT = "Libertinus Serif, Be Vietnam Pro, serif"
INK, GRID, PLAN, ACTUAL, BAND, LATE = "#1D2321", "#D9D4CA", "#8F8778", "#1E2F5E", "#BFD3E6", "#A3241C"

Point = tuple[date, float]


def draw(curve: dict[str, Any]) -> str:
    """
    The drawing.

    Parameters
    ----------
    curve
        What `api.actions.clearance_curve.clearance_curve` answers of hectares, dates as ISO text.
    """
    actual = _points(curve["actual"])
    plans = [_points(one["points"]) for one in curve["roadmaps"]]
    forecast = curve["forecast"] or {}
    days = [date.fromisoformat(day) for day in forecast.get("days", [])]
    bands = {name: list(zip(days, forecast.get(name, []), strict=False)) for name in ("p10", "p50", "p90")}
    everything = [*actual, *(p for plan in plans for p in plan), *bands["p10"], *bands["p90"]]
    if not everything:
        return ""
    frame = _Frame(everything, curve["total"] or 0.0, date.fromisoformat(curve["as_of"]))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' font-family="{FONT}"><rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>',
        *frame.axes(),
    ]
    if days:
        around = [*bands["p10"], *reversed(bands["p90"])]
        parts.append(f'<path d="{frame.line(around)} Z" fill="{BAND}" fill-opacity="0.7"/>')
        parts.append(frame.path(bands["p50"], ACTUAL, 4, "14 9"))
    for plan in plans[:-1]:
        parts.append(frame.path(plan, PLAN, 2, "4 6"))
    if plans:
        parts.append(frame.path(plans[-1], PLAN, 4))
    parts.append(frame.path(_steps(actual, frame.as_of), ACTUAL, 7))
    parts += frame.deadlines(
        [(date.fromisoformat(one["on"]), one["title"]["vi"]) for one in curve["deadlines"]]
    )
    parts += _legend(plan=bool(plans), forecast=bool(days))
    return "\n".join(part for part in [*parts, "</svg>"] if part)


class _Frame:
    """From days and hectares to the drawing."""

    def __init__(self, points: Sequence[Point], total: float, as_of: date) -> None:
        self.as_of = as_of
        self.total = total
        last = max([*(day for day, _ in points), as_of]).toordinal()
        self._first = min(day for day, _ in points).toordinal()
        self._days = max(last - self._first, 30)
        self._most = max(total, *(value for _, value in points), 1e-6) * 1.06

    def x(self, day: date) -> float:
        return LEFT + (day.toordinal() - self._first) / self._days * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self._most * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Sequence[Point]) -> str:
        return "M" + " L".join(f"{self.x(day):.1f} {self.y(value):.1f}" for day, value in points)

    def path(self, points: Sequence[Point], colour: str, width: int, dash: str = "") -> str:
        if len(points) < 2:
            return ""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        return f'<path d="{self.line(points)}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'

    def axes(self) -> list[str]:
        """Hectares, years, the land to be recovered as a dotted line, and the day of the report."""
        told: list[str] = []
        step = _round(self._most / 4)
        value = 0.0
        while value <= self._most:
            y = self.y(value)
            told.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}" stroke-width="2"/>')
            told.append(_text(LEFT - 12, y + 9, number(value, "vi", 0), "end"))
            value += step
        for year in range(
            date.fromordinal(self._first).year, date.fromordinal(self._first + self._days).year + 1
        ):
            day = date(year, 1, 1)
            if day.toordinal() >= self._first:
                x = self.x(day)
                told.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v10" stroke="{INK}" stroke-width="2"/>')
                told.append(_text(x, HEIGHT - BOTTOM + 38, str(year), "middle"))
        y, x = self.y(self.total), self.x(self.as_of)
        dotted = f'stroke="{INK}" stroke-dasharray="3 7" stroke-width="3"'
        told.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" {dotted}/>')
        words = say("clearance_paper.to_recover_line", "vi", ha=number(self.total, "vi", 1))
        told.append(_text(LEFT + 8, y - 10, words, "start"))
        told.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{INK}" stroke-width="3"/>')
        return told

    def deadlines(self, marks: Sequence[tuple[date, str]]) -> list[str]:
        """A red line and words at the last deadline, where it is on the sheet."""
        told: list[str] = []
        for on, title in marks[-1:]:
            if self._first <= on.toordinal() <= self._first + self._days:
                x = self.x(on)
                told.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{LATE}" stroke-width="3"/>')
                told.append(_text(x - 8, HEIGHT - BOTTOM - 14, f"{title} {on:%d/%m/%Y}", "end", LATE))
        return told


def _legend(*, plan: bool, forecast: bool) -> list[str]:
    told: list[str] = []
    x = LEFT
    named = [("actual", ACTUAL, "")]
    named += [("plan", PLAN, "")] if plan else []
    named += [("forecast", ACTUAL, ' stroke-dasharray="14 9"')] if forecast else []
    for code, colour, dash in named:
        words = say(f"clearance_paper.line_{code}", "vi")
        told.append(f'<path d="M{x} 34h60" stroke="{colour}" stroke-width="6"{dash}/>')
        told.append(_text(x + 72, 43, words, "start"))
        x += 110 + 15 * len(words)
    return told


def _steps(points: Sequence[Point], until: date) -> list[Point]:
    """What was handed over stays handed over until the next day on which more is."""
    told: list[Point] = []
    for day, value in points:
        if told:
            told.append((day, told[-1][1]))
        told.append((day, value))
    if told and told[-1][0] < until:
        told.append((until, told[-1][1]))
    return told


def _points(told: Sequence[Sequence[Any]]) -> list[Point]:
    return [(date.fromisoformat(day), float(value)) for day, value in told]


def _round(value: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** len(str(int(value))) / 10 if value >= 1 else 0.1
    return next((step * power for step in (1, 2, 5, 10) if step * power >= value), 10 * power)


def _text(x: float, y: float, words: str, anchor: str, colour: str = INK) -> str:
    placed = f'x="{x:.1f}" y="{y:.1f}" font-size="26" text-anchor="{anchor}"'
    return f'<text {placed} fill="{colour}">{escape(words)}</text>'
