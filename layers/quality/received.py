"""Rows that an import refused, as faults with a place; what was received is told by column, never by "
"value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException
from sqlalchemy import Connection, and_, func, insert, select, update

from gis.crs import STORAGE_SRID
from gis.geometry import NOTE_CODES
from gis.quality.shapes import kinks
from layers.catalogue import layers
from layers.catalogue.faults import TABLE as FAULTS
from layers.dates import today
from layers.layer import Text
from layers.quality.check import check, checkable
from layers.quality.words import sentence
from layers.quality_rules import rule
from layers.records.data_versions import bump
from layers.records.imports import NOTES, RUNS
from layers.records.staged import STAGED

#: Faults of the shape; all others are faults of values, or contradict what is stored.
OF_GEOMETRY = frozenset(NOTE_CODES) | {
    "coordinates_fault",
    "coordinates_swapped",
    "degrees_in_projected",
    "metres_in_geographic",
    "outside_country",
}

#: What was wrong, in words that repeat no value: a misplaced column may hold somebody's name.
WHY: Mapping[str, Text] = {
    "boolean_unparsable": Text("cột {column} phải là có hoặc không", "column {column} must be yes or no"),
    "case_unknown": Text("không có hồ sơ hoặc thửa này", "there is no such case or parcel"),
    "check_failed": Text("trái quy định {check} của lớp", "against the layer's condition {check}"),
    "code_unknown": Text(
        "giá trị cột {column} không có trong danh mục", "column {column} is not in the list"
    ),
    "coordinates_fault": Text("tọa độ không khớp hệ tọa độ", "the coordinates do not fit the system"),
    "coordinates_swapped": Text("tọa độ bị đảo thứ tự X, Y", "the coordinates are swapped"),
    "date_unparsable": Text("cột {column} không phải là ngày", "column {column} is no date"),
    "dates_reversed": Text("ngày hết hiệu lực không sau ngày bắt đầu", "it ends before it begins"),
    "degrees_in_projected": Text("tọa độ là độ trong hệ tính bằng mét", "degrees in a system of metres"),
    "duplicate_key": Text("mã {key} đã có ở dòng {first_row}", "code {key} came in row {first_row} already"),
    "empty_geometry": Text("hình học rỗng", "the geometry is empty"),
    "event_in_future": Text("ngày chưa đến", "the day has not come yet"),
    "handed_over_twice": Text("bàn giao lần thứ hai", "a second hand-over"),
    "hole_lies_outside_shell": Text("lỗ nằm ngoài vùng", "a hole lies outside"),
    "invalid_coordinate": Text("tọa độ không phải là số hữu hạn", "a coordinate is no finite number"),
    "invalid_geometry": Text("hình học không hợp lệ", "the geometry is invalid"),
    "key_too_long": Text("mã quá dài", "the code is too long"),
    "metres_in_geographic": Text("tọa độ là mét trong hệ tính bằng độ", "metres in a system of degrees"),
    "null_geometry": Text("không có hình học hoặc tọa độ", "there is no geometry"),
    "number_unparsable": Text("cột {column} không phải là số", "column {column} is no number"),
    "outside_country": Text("tọa độ nằm ngoài Việt Nam", "the coordinates lie outside Vietnam"),
    "record_contradicts": Text("đã có bản ghi cùng mã, khác nội dung", "another record has the same code"),
    "ring_self_intersection": Text("vòng ranh giới tự chạm", "a ring touches itself"),
    "self_intersection": Text("ranh giới tự cắt", "the boundary crosses itself"),
    "several_parts": Text("hình học có nhiều phần", "the geometry has several parts"),
    "stage_before_notice": Text("giai đoạn trước thông báo thu hồi", "a stage before the notice"),
    "stage_not_on_path": Text("giai đoạn không thuộc loại hồ sơ này", "no stage of such a case"),
    "stage_order_impossible": Text("trái trình tự giai đoạn", "against the order of stages"),
    "stage_unknown": Text("luật không có giai đoạn này", "no stage of the law"),
    "value_missing": Text("thiếu giá trị bắt buộc ở cột {column}", "column {column} has no value"),
    "version_older": Text("đã có phiên bản bắt đầu muộn hơn", "a later version is stored"),
    "version_overlaps": Text(
        "trùng thời gian với phiên bản đã có", "a stored version holds at the same time"
    ),
    "whole_number_needed": Text("cột {column} phải là số nguyên", "column {column} must be a whole number"),
    "wrong_kind": Text("hình học không đúng loại của lớp", "the geometry is of another kind"),
    "zero_area": Text("vùng có diện tích bằng 0", "the area is zero"),
    "zero_length": Text("đường có chiều dài bằng 0", "the length is zero"),
}

#: Features up to which an import checks what it brought in.
MOST_CHECKED = 5_000
#: Facts that words may repeat: names of columns and codes, never what a cell held.
_TOLD = ("column", "check", "key", "first_row")
#: Where a place can be drawn: the country and its seas.
_COUNTRY = (100.0, 5.0, 120.0, 25.0)


def of_run(db: Connection, run_id: int) -> int:
    """
    Make a fault of every open staged row of an import run, and check the features that it brought in.

    Faults of staged rows that were decided meanwhile are closed.

    Returns
    -------
    count
        How many faults are new.
    """
    closed = settle(db)
    known = select(FAULTS.c.staged_id).where(FAULTS.c.staged_id.is_not(None))
    waiting = (
        select(STAGED, RUNS.c.file_name)
        .join(RUNS, RUNS.c.id == STAGED.c.run_id)
        .where(STAGED.c.run_id == run_id, STAGED.c.state == "open", STAGED.c.id.not_in(known))
        .order_by(STAGED.c.row_number)
    )
    rows = db.execute(waiting).all()
    if rows:
        facts = _facts(db, run_id)
        shapes = _places([row.wkb for row in rows])
        db.execute(insert(FAULTS), [_fault(row, facts, at) for row, at in zip(rows, shapes, strict=True)])
    if rows or closed:
        bump(db, [FAULTS.name])
    return len(rows) + _of_loaded(db, run_id)


def _of_loaded(db: Connection, run_id: int) -> int:
    """Check what the run brought in with its neighbours; a large run is left to a check of the layer."""
    layer_id = db.execute(select(RUNS.c.layer_id).where(RUNS.c.id == run_id)).scalar_one()
    if layer_id not in checkable():
        return 0
    table = layers()[layer_id].table
    touched = select(table.c.key).where(table.c.import_run_id == run_id).distinct().limit(MOST_CHECKED + 1)
    keys = list(db.execute(touched).scalars())
    return check(db, layer_id, keys).found if 0 < len(keys) <= MOST_CHECKED else 0


def settle(db: Connection) -> int:
    """Close the faults of staged rows that were repaired or refused meanwhile; how many."""
    decided = and_(STAGED.c.id == FAULTS.c.staged_id, STAGED.c.state != "open", FAULTS.c.valid_to.is_(None))
    told = {
        "state": STAGED.c.state,
        "reason": STAGED.c.reason,
        "decided_by": STAGED.c.decided_by,
        "decided_at": STAGED.c.decided_at,
        "valid_to": func.greatest(FAULTS.c.valid_from, today()),
    }
    return db.execute(update(FAULTS).where(decided).values(told)).rowcount


def _fault(
    row: Any, facts: Mapping[int, Mapping[str, Mapping[str, Any]]], place: str | None
) -> dict[str, Any]:
    rule_id = "row_geometry" if any(code in OF_GEOMETRY for code in row.codes) else "row_values"
    named = rule(rule_id)
    mine = facts.get(row.row_number, {})
    told = [_why(code, mine.get(code, {})) for code in row.codes]
    why = Text("; ".join(t.vi for t in told), "; ".join(t.en for t in told))
    words = sentence(named.message, {"number": row.row_number, "file": row.file_name, "why": why})
    return {
        "key": f"{rule_id}/{row.target}/{row.run_id}/{row.row_number}",
        "valid_from": today(),
        "rule": rule_id,
        "severity": named.severity,
        "layer": row.target,
        "feature_key": row.key or f"{row.file_name}:{row.row_number}",
        "message_vi": words.vi,
        "message_en": words.en,
        "repairable": rule_id == "row_geometry" and row.wkb is not None and row.target in layers(),
        "staged_id": row.id,
        "geom": place,
    }


def _why(code: str, facts: Mapping[str, Any]) -> Text:
    known = {name: facts.get(name) for name in _TOLD}
    return sentence(WHY[code], known) if code in WHY else Text(code, code)


def _facts(db: Connection, run_id: int) -> dict[int, dict[str, dict[str, Any]]]:
    """Facts of the refusals of a run, by row and code."""
    query = select(NOTES.c.row_number, NOTES.c.code, NOTES.c.facts).where(
        NOTES.c.run_id == run_id, NOTES.c.refused
    )
    facts: dict[int, dict[str, dict[str, Any]]] = {}
    for row, code, told in db.execute(query):
        facts.setdefault(row, {})[code] = told
    return facts


def _places(wkb: list[bytes | None]) -> list[str | None]:
    """Where each row can be shown: the place of its fault, else its shape made sound; None where nowhere."""
    return [None if held is None else _place(held) for held in wkb]


def _place(wkb: bytes) -> str | None:
    try:
        shape: Any = shapely.force_2d(shapely.from_wkb(wkb, on_invalid="fix"))
        if shape is None or shape.is_empty:
            return None
        kink = kinks(np.array([shape], dtype=object))[0]
        place = kink if kink is not None else shapely.make_valid(shape, method="structure")
        if place.geom_type in ("GeometryCollection", "MultiPoint"):
            place = place.representative_point()
    except (GEOSException, ValueError, TypeError):  # too faulty even to be shown
        return None
    bounds = np.array(shapely.bounds(place))
    west, south, east, north = _COUNTRY
    if not np.isfinite(bounds).all() or not shapely.box(west, south, east, north).contains(
        shapely.box(*bounds)
    ):
        return None
    return shapely.to_wkb(shapely.set_srid(place, STORAGE_SRID), hex=True, include_srid=True)
