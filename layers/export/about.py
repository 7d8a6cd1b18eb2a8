"""What is said of the rows of a file: source, date, filter, licence, coordinates, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Column

from gis.crs import STORAGE_SRID, VN2000_TOWGS84, Crs
from layers.dates import COUNTRY_TIME
from layers.filters import Wanted
from layers.layer import Layer, Text, about

LICENCE = Text(
    "Theo điều kiện sử dụng của từng nguồn nêu ở cột “source”; dòng minh họa không phải số liệu thật.",
    "As each source named in the column “source” allows; illustrative rows are not real data.",
)
_DATUM = Text(
    f"VN-2000 ↔ WGS 84 bằng phép chuyển EPSG:6960 (QĐ 05/2007/QĐ-BTNMT), +towgs84={VN2000_TOWGS84}",
    f"VN-2000 ↔ WGS 84 by operation EPSG:6960 (decision 05/2007/QĐ-BTNMT), +towgs84={VN2000_TOWGS84}",
)
_AS_STORED = Text("Như lưu trữ: WGS 84, kinh độ trước vĩ độ", "As stored: WGS 84, longitude before latitude")
_PROJECTED = Text("Phép chiếu từ WGS 84, không đổi hệ quy chiếu", "Projected from WGS 84, datum unchanged")
UNITS = {
    "ratio": "0–1",
    "count": "",
    "m2": "m²",
    "m3_day": "m³/ngày",
    "usd_m2_term": "USD/m²/cả kỳ",
}


def about_of(
    layer: Layer,
    columns: Mapping[str, Column[Any]],
    as_of: date,
    wanted: Wanted,
    crs: Crs,
    sources: Sequence[str],
    *,
    illustrative: bool,
) -> dict[str, Any]:
    """Everything that a reader of the file must know, ready for JSON."""
    return {
        "title": _both(layer.title),
        "layer": layer.id,
        "as_of": str(as_of),
        "source": list(sources),
        "licence": _both(LICENCE),
        "filter": filter_said(wanted),
        "crs": f"EPSG:{crs.srid}",
        "crs_name": crs.name,
        "crs_operation": _both(operation(crs)),
        "illustrative": illustrative,
        "written_at": datetime.now(COUNTRY_TIME).isoformat(timespec="seconds"),
        "program": f"Didoi {program_version()}",
        "columns": [_column(name, col) for name, col in columns.items()],
    }


def operation(crs: Crs) -> Text:
    """How the coordinates were made from those that are kept."""
    if crs.srid == STORAGE_SRID:
        return _AS_STORED
    return _DATUM if crs.datum == "vn2000" else _PROJECTED


def filter_said(wanted: Wanted) -> dict[str, Any]:
    """What was asked for, as it was asked; empty where everything was."""
    told: dict[str, Any] = {name: ", ".join(texts) for name, texts in wanted.values.items()}
    if wanted.q:
        told["q"] = wanted.q
    if wanted.box is not None:
        told["bbox"] = list(wanted.box)
    if wanted.filter is not None:
        told |= {"filter": wanted.filter.text, "filter-lang": wanted.filter.lang}
    return told


def heading(col: Column[Any]) -> str:
    """Vietnamese heading of a column, with its unit."""
    told = about(col)
    if told is None:
        return str(col.name)
    unit = UNITS.get(told.unit, told.unit) if told.unit else ""
    return f"{told.title.vi} ({unit})" if unit else told.title.vi


def program_version() -> str:
    """Version of the program; empty in a checkout that was never installed."""
    try:
        return version("didoi")
    except PackageNotFoundError:
        return ""


def _column(name: str, col: Column[Any]) -> dict[str, Any]:
    told = about(col)
    if told is None:
        return {"name": name}
    said: dict[str, Any] = {"name": name, "title": _both(told.title)}
    if told.unit:
        said["unit"] = told.unit
    if told.codes:
        said["codes"] = {code.value: _both(code.title) for code in told.codes}
    return said


def _both(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}
