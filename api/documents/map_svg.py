"""A small map as SVG: one area, what lies around it, and where they overlap. It loads nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import cos, floor, log10, radians
from typing import Any

import numpy as np
import shapely

from gis.arrays import Floats
from gis.overlay import polygons_of

WIDTH, HEIGHT = 1600, 1000  # of the drawing; print scales it
MARGIN = 40
FONT = "Libertinus Serif, Be Vietnam Pro, serif"
OUTLINE, HATCH = "#10211F", "#B3122A"
BOLD, ITALIC = ' font-weight="bold"', ' font-style="italic"'
_LAT_M = 110_574.0
_LON_M = 111_320.0
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML cannot hold


@dataclass(frozen=True)
class Shape:
    """A polygon to be drawn, its label and colours; an empty label or colour draws none."""

    geom: Any
    label: str = ""
    fill: str = ""
    line: str = ""


@dataclass(frozen=True)
class Sheet:
    """
    What the map shows, bottom first.

    Attributes
    ----------
    borders
        Communes: dashed lines with their names.
    around
        Features of other layers near by.
    area
        The area in question, in a heavy outline.
    overlaps
        Land that it shares, hatched.
    box
        West, south, east, north of the window.
    north, ground
        Words of the arrow and of the scale bar's unit.
    """

    borders: Sequence[Shape]
    around: Sequence[Shape]
    area: Shape
    overlaps: Sequence[Shape]
    box: tuple[float, float, float, float]
    north: str = "B"


def draw(sheet: Sheet) -> str:
    """The map as SVG text; the same sheet gives the same bytes."""
    view = _View(sheet.box)
    frame = shapely.box(*view.window)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' font-family="{FONT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FAF8F3"/>',
    ]
    for shape in sheet.around:
        parts.append(view.path(shape.geom, frame, fill=shape.fill, line=shape.line, width=2))
    parts.append(view.borders([shape.geom for shape in sheet.borders], frame))
    parts.append(view.path(sheet.area.geom, frame, fill=sheet.area.fill, line=OUTLINE, width=7))
    for shape in sheet.overlaps:
        parts.append(view.hatched(shape.geom, frame))
    for shape in sheet.borders:
        parts.append(
            view.label(shape.geom, frame, shape.label, 30, "#6B6558", style=ITALIC, off=sheet.area.geom)
        )
    for shape in sheet.around:
        parts.append(view.label(shape.geom, frame, shape.label, 26, "#474D49", off=sheet.area.geom))
    parts.append(view.label(sheet.area.geom, frame, sheet.area.label, 38, OUTLINE, style=BOLD))
    parts += [*view.scale_bar(), *_north(sheet.north)]
    parts.append(
        f'<rect x="1.5" y="1.5" width="{WIDTH - 3}" height="{HEIGHT - 3}" fill="none" stroke="#5D615B"'
        ' stroke-width="3"/></svg>'
    )
    return "\n".join(part for part in parts if part)


class _View:
    """From degrees to the drawing: metres by the degrees' lengths at the middle, north up."""

    def __init__(self, box: tuple[float, float, float, float]) -> None:
        west, south, east, north = box
        self._lon, self._lat = (west + east) / 2, (south + north) / 2
        self._x_m = _LON_M * cos(radians(self._lat))
        wide_m, high_m = (east - west) * self._x_m, (north - south) * _LAT_M
        self._per_m = min((WIDTH - 2 * MARGIN) / wide_m, (HEIGHT - 2 * MARGIN) / high_m)
        half_lon = WIDTH / 2 / self._per_m / self._x_m
        half_lat = HEIGHT / 2 / self._per_m / _LAT_M
        self.window = (self._lon - half_lon, self._lat - half_lat, self._lon + half_lon, self._lat + half_lat)

    def _to_sheet(self, lonlat: Floats) -> Floats:
        x = WIDTH / 2 + (lonlat[:, 0] - self._lon) * self._x_m * self._per_m
        y = HEIGHT / 2 - (lonlat[:, 1] - self._lat) * _LAT_M * self._per_m
        return np.column_stack([x, y])

    def _on_sheet(self, geom: Any, frame: Any) -> Any:
        return shapely.transform(shapely.intersection(geom, frame), self._to_sheet)

    def _areas(self, geom: Any, frame: Any) -> Any:
        return polygons_of(np.array([self._on_sheet(geom, frame)], dtype=object))[0]

    def borders(self, geoms: Sequence[Any], frame: Any) -> str:
        """Borders between areas, each once: dashes drawn twice would fill each other's gaps."""
        if not geoms:
            return ""
        once = shapely.line_merge(shapely.union_all(shapely.boundary(np.array(geoms, dtype=object))))
        parts = shapely.get_parts(self._on_sheet(once, frame))
        data = _lines(parts)
        return (
            f'<path d="{data}" fill="none" stroke="#8F8778" stroke-width="3" stroke-dasharray="16 8"/>'
            if data
            else ""
        )

    def path(self, geom: Any, frame: Any, *, fill: str, line: str, width: float) -> str:
        """A polygon, cut at the frame."""
        data = _rings(self._areas(geom, frame))
        if not data:
            return ""
        stroke = f' stroke="{line}" stroke-width="{width}" stroke-linejoin="round"' if line else ""
        filled = f'fill="{fill}" fill-rule="evenodd"' if fill else 'fill="none"'
        return f'<path d="{data}" {filled}{stroke}/>'

    def hatched(self, geom: Any, frame: Any, gap: float = 14) -> str:
        """Hatched by lines cut to the shape: a pattern would print as a picture."""
        shape = self._areas(geom, frame)
        if shape.is_empty:
            return ""
        left, top, right, bottom = shape.bounds
        high = bottom - top
        starts = np.arange(floor((left - high) / gap) * gap, right, gap)
        rising = shapely.linestrings(
            np.stack([starts, starts + high], axis=1), np.tile([bottom, top], (starts.size, 1))
        )
        cut = _lines(shapely.get_parts(shapely.intersection(rising, shape)))
        red = f'fill="{HATCH}" fill-opacity="0.14" stroke="{HATCH}" stroke-width="4"'
        return f'<path d="{_rings(shape)}" {red}/>' + (
            f'<path d="{cut}" fill="none" stroke="{HATCH}" stroke-width="3"/>' if cut else ""
        )

    def label(
        self, geom: Any, frame: Any, text: str, size: int, colour: str, *,
        style: str = "", off: Any = None,
    ) -> str:  # fmt: skip
        """Words on a shape, clear of another one if there is room; none where the shape is a speck."""
        land = shapely.intersection(geom, frame)
        clear = shapely.difference(land, off) if off is not None else land
        place = self._areas(land if clear.is_empty else clear, frame)
        if not text or place.is_empty:
            return ""
        west, south, east, north = place.bounds
        if max(east - west, north - south) < 1.2 * size:
            return ""
        x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(place, tolerance=4))[0]
        half = 0.27 * size * len(text)
        x = min(max(x, half + 12), max(WIDTH - half - 12, WIDTH / 2))
        return _text(x, min(max(y, 1.2 * size), HEIGHT - size), text, size, colour, style)

    def scale_bar(self) -> list[str]:
        """A bar of a round length, about a fifth of the sheet."""
        target = WIDTH / 5 / self._per_m
        power = 10 ** floor(log10(target))
        metres = max(step * power for step in (1, 2, 5) if step * power <= target)
        long, x, y = metres * self._per_m, 60.0, HEIGHT - 50.0
        told = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
        return [
            _bar(x - 30, y - 52, long + 110, 76, "#FFFFFF", ' fill-opacity="0.85"'),
            _bar(x, y - 14, long, 14, "#FFFFFF", f' stroke="{OUTLINE}" stroke-width="2"'),
            _bar(x, y - 14, long / 2, 14, OUTLINE),
            _text(x, y - 24, "0", 26, OUTLINE),
            _text(x + long, y - 24, told.replace(".", ","), 26, OUTLINE),
        ]


def _north(word: str) -> list[str]:
    x, y = WIDTH - 70, 40
    arrow = f"M{x} {y} L{x + 24} {y + 80} L{x} {y + 62} L{x - 24} {y + 80} Z"
    return [
        f'<path d="{arrow}" fill="{OUTLINE}" stroke="#FFFFFF" stroke-width="3"/>',
        _text(x, y + 116, word, 32, OUTLINE, BOLD),
    ]


def _text(x: float, y: float, words: str, size: int, colour: str, style: str = "") -> str:
    """Words in the middle of a place, over their own halo."""
    told = escape(_FORBIDDEN.sub(" ", words))
    common = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="middle"{style}'
    halo = (
        f'<text {common} fill="none" stroke="#FFFFFF" stroke-width="7" stroke-linejoin="round">{told}</text>'
    )
    return f'{halo}<text {common} fill="{colour}">{told}</text>'


def _bar(x: float, y: float, wide: float, high: float, fill: str, more: str = "") -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high}" fill="{fill}"{more}/>'


def _rings(geom: Any) -> str:
    return " ".join(_line(ring) + " Z" for ring in shapely.get_rings(shapely.get_parts(geom)))


def _lines(parts: Any) -> str:
    return " ".join(_line(one) for one in parts if one.geom_type == "LineString" and not one.is_empty)


def _line(geom: Any) -> str:
    points = shapely.get_coordinates(geom).round(1)
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in points.tolist())
