"""The legend of one layer, as the name under which the layer control lists it."""

from __future__ import annotations

from html import escape

from layers.folium_page.features import Drawn, in_lang
from layers.layer import about
from layers.style import PALETTE, line_token
from layers.tiles import geometry_kind

NO_DATA = "@nodata"


def legend(item: Drawn, lang: str, missing: str) -> str:
    """Title of a layer with the swatches of the classes that are drawn, and how many features each has."""
    told = item.layer
    title = escape(in_lang(told.title, lang))
    shape = {"polygon": "", "line": " line", "point": " point"}[geometry_kind(told)]
    column = about(told.columns()[told.legend]) if told.legend else None
    if column is None or told.legend is None:
        return f'{_swatch(told.swatch or NO_DATA, shape)} <span class="didoi-name">{title}</span>'
    counts: dict[str | None, int] = {}
    for row in item.rows:
        counts[getattr(row, told.legend)] = counts.get(getattr(row, told.legend), 0) + 1
    classes = [
        (c.token or NO_DATA, in_lang(c.title, lang), counts[c.value])
        for c in column.codes
        if c.value in counts
    ]
    known = {code.value for code in column.codes}
    lacking = sum(count for value, count in counts.items() if value not in known)
    if lacking:
        classes.append((NO_DATA, missing, lacking))
    lines = "".join(
        f'<span class="didoi-class">{_swatch(token, shape)}{escape(words)}'
        f"<output>{_grouped(count, lang)}</output></span>"
        for token, words, count in classes
    )
    return f'<span class="didoi-name">{title}</span><span class="didoi-classes">{lines}</span>'


def _swatch(token: str, shape: str) -> str:
    fill, line = PALETTE[token], PALETTE[line_token(token)]
    nodata = " didoi-nodata" if token == NO_DATA else ""
    # A class without an outline of its own still needs one where it is as light as the panel.
    edge = fill if shape == " line" else line if line != fill else PALETTE["@nodata.line"]
    colours = f"border-color:{edge};background:{fill}"
    return f'<i class="didoi-swatch{shape}{nodata}" style="{colours}"></i>'


def _grouped(count: int, lang: str) -> str:
    return f"{count:,}".replace(",", "." if lang == "vi" else ",")
