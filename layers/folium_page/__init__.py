"""
A folium map in one file that asks nothing of any network.

folium's own map pulls ten files from CDNs; here Leaflet comes from the folder beside this module and nothing
else is needed. A policy in the page's head forbids the browser every request, and `page` refuses to hand out
HTML that names an address it does not know.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import folium
import orjson
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template

from gis.errors import Conflict

LEAFLET_VERSION = "1.9.4"
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
#: Names that Leaflet holds without ever loading them: the namespace of SVG, and the link of its credit.
HARMLESS = ("http://www.w3.org/2000/svg", "https://leafletjs.com")
_ADDRESS = re.compile(r"""(?:https?:)?//[a-z0-9-]+\.[a-z0-9.-]+[^\s"'<>)\\,;]*""", re.IGNORECASE)
_LOADED = re.compile(
    r"""\burl\(\s*["']?(?!data:|#)[^)]+|\s(?:src|srcset)\s*=\s*["'](?!data:)[^"']+|<link\b|@import"""
)
_DATA = re.compile(r'<script type="application/json".*?</script>', re.DOTALL)


class MapNotSelfContained(Conflict):
    """The rendered map names an address that a browser could load. Facts: address."""


class OfflineMap(folium.Map):
    """folium's map with Leaflet inside and nothing of the rest that it loads by habit."""

    default_js = []  # noqa: RUF012 (folium reads the class's list)
    default_css = []  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        super().__init__(tiles=None, zoom_control=False, attribution_control=False, **options)
        head(self, "policy", f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">')
        head(self, "style", f"<style>{_leaflet_css()}{_text('sheet.css')}</style>")
        head(self, "leaflet", f"<script>{_leaflet_js()}</script>")


class Data(MacroElement):
    """JSON in the page, out of reach of the parsers of HTML and scripts: what people wrote stays text."""

    _template = Template(
        "{% macro html(this, kwargs) %}"
        '<script type="application/json" id="{{ this.id }}">{{ this.json }}</script>'
        "{% endmacro %}"
    )

    def __init__(self, id: str, content: Mapping[str, Any]) -> None:
        super().__init__()
        self._name = "Data"
        self.id = id
        self.json = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS).decode().replace("<", "\\u003c")


class Runtime(MacroElement):
    """``sheet.js``, after the data it reads."""

    _template = Template("{% macro script(this, kwargs) %}{{ this.source }}{% endmacro %}")

    def __init__(self) -> None:
        super().__init__()
        self._name = "Runtime"
        self.source = _text("sheet.js")


class DataLayer(Layer):
    """A layer that ``sheet.js`` draws from the `Data` of the same id."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = didoi.layer({{ this.id|tojson }}, {{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self, id: str, name: str, *, show: bool) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "DataLayer"
        self.id = id


class Finish(MacroElement):
    """Title, labels and first view, once every layer is there."""

    _template = Template(
        "{% macro script(this, kwargs) %}didoi.finish({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "Finish"


def head(drawing: folium.Map, name: str, html: str) -> None:
    """Put HTML of ours, as it is, into the head of the page."""
    _figure(drawing).header.add_child(_Raw(html), name=name)


def page(drawing: folium.Map) -> str:
    """
    The map as one HTML file.

    Raises
    ------
    MapNotSelfContained
        If anything in it could be loaded from elsewhere. Data are not looked at: they are never loaded.
    """
    html = _figure(drawing).render()
    bare = _DATA.sub("", html)
    for known in HARMLESS:
        bare = bare.replace(known, "")
    found = _ADDRESS.search(bare) or _LOADED.search(bare)
    if found is not None:
        raise MapNotSelfContained(address=found.group().strip()[:120])
    return html


class _Raw(Element):
    """Text as it is: branca takes a string for a template, and Leaflet's source is none."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text


def _figure(drawing: folium.Map) -> Figure:
    root = drawing.get_root()
    assert isinstance(root, Figure)
    return root


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


@cache
def _leaflet_js() -> str:
    return re.sub(r"//# sourceMappingURL=\S+", "", _text("leaflet/leaflet.js"))


@cache
def _leaflet_css() -> str:
    """Leaflet's style with its images inside, without comments and what only Internet Explorer 8 reads."""

    def inside(found: re.Match[str]) -> str:
        image = files(__name__).joinpath("leaflet", found.group(1)).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(image).decode()})"

    styled = re.sub(r"url\((images/[\w-]+\.png)\)", inside, _text("leaflet/leaflet.css"))
    styled = re.sub(r"/\*.*?\*/", "", styled, flags=re.DOTALL)
    return styled.replace("behavior: url(#default#VML);", "")
