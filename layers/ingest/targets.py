"""What can be imported: every base layer, and the dated records that hang on layers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from geoalchemy2 import Geometry
from sqlalchemy import ARRAY, Boolean, Column, ColumnElement, Connection, Date, Float, Integer, Table, select
from sqlalchemy.sql.functions import func

from layers.access import Right
from layers.catalogue import layers
from layers.clearance import boundaries, imported
from layers.export.about import heading
from layers.export.cells import short_names
from layers.ingest.errors import LayerNotImportable
from layers.layer import Code, Layer, Text, about
from layers.records import lineage, observations, occupations, stages
from layers.rows import told_columns

Kind = Literal["text", "number", "integer", "boolean", "date", "list"]

#: Written by the import itself, never read from a file.
_OWN = ("id", "valid_from", "valid_to", "recorded_at", "illustrative", "import_run_id", "search_folded")


@dataclass(frozen=True)
class Field:
    """A column that a file may fill."""

    name: str
    kind: Kind
    title: Text
    aliases: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    unit: str | None = None
    required: bool = False


@dataclass(frozen=True)
class Target:
    """
    A table that takes rows from files.

    Attributes
    ----------
    id, title, table, fields
        The table and what may be filled, by name.
    geometry
        Name of the geometry column; None where the table has none.
    geometry_required
        Whether a row without geometry is refused.
    layer
        The layer, whose rows are versions of features; None for records.
    identity
        Columns (and pieces of text between them, as ``'-'``) that make the key of a row.
    edit
        Right that an import needs.
    touched
        Keys of the zones whose land supply an import run may have changed.
    resolve
        Looks at rows before they are merged (staged ones, and the table they come to); refused rows.
    follow
        Keeps what follows from the rows of a run, where that is more than land supply.
    """

    id: str
    title: Text
    table: Table
    fields: dict[str, Field]
    geometry: str | None
    geometry_required: bool
    layer: Layer | None
    identity: tuple[str, ...]
    edit: Right
    touched: Callable[[Connection, int], list[str]] | None = None
    resolve: Callable[[Connection, Table, Table], dict[int, dict[str, Any]]] | None = None
    follow: Callable[[Connection, int], None] | None = None

    @property
    def matched(self) -> bool:
        """Whether a row without a code is known by what it says of a firm."""
        return self.id == "enterprises"

    @property
    def geometry_kind(self) -> str:
        """POINT, MULTIPOLYGON …"""
        assert self.geometry is not None
        return str(cast(Geometry, self.table.c[self.geometry].type).geometry_type)


def target(target_id: str) -> Target:
    """
    What an import goes into.

    Raises
    ------
    LayerNotImportable
    """
    found = layers().get(target_id)
    if found is not None and found.kind == "base":
        return _of_layer(found)
    if target_id in RECORDS:
        return RECORDS[target_id]()
    known = [layer.id for layer in layers().values() if layer.kind == "base"]
    raise LayerNotImportable(layer=target_id, importable=", ".join(sorted([*known, *RECORDS])))


def targets() -> list[Target]:
    """All that can be imported into, layers first."""
    return [
        *(_of_layer(one) for one in layers().values() if one.kind == "base"),
        *(make() for make in RECORDS.values()),
    ]


def _of_layer(layer: Layer) -> Target:
    table = layer.table
    geometry = next(c for c in table.c if isinstance(c.type, Geometry) and c.name == "geom")
    short = short_names(told_columns(layer))
    fields = {
        # What our own Shapefiles and spreadsheets call it: they are read back without a mapping.
        name: _field(c, more=(short[name], heading(c), f"{heading(c)} [{name}]"))
        for name, c in layer.columns().items()
        if name in table.c and _fillable(c)
    }
    return Target(
        layer.id,
        layer.title,
        table,
        fields,
        geometry.name,
        not geometry.nullable,
        layer,
        _key_parts(table.c.key),
        Right.EDIT_LAYERS,
        _TOUCHED.get(layer.id),
    )


def _fillable(col: Column[Any]) -> bool:
    return col.computed is None and col.name not in _OWN and not isinstance(col.type, Geometry)


def _field(
    col: Column[Any],
    codes: tuple[Code, ...] = (),
    aliases: tuple[str, ...] = (),
    more: tuple[str, ...] = (),
) -> Field:
    told = about(col)
    title = told.title if told else _TITLES.get(col.name, Text(col.name, col.name))
    return Field(
        col.name,
        _kind(col),
        title,
        (*(told.aliases if told else aliases), *more),
        told.codes if told else codes,
        told.unit if told else None,
        not col.nullable and col.server_default is None,
    )


#: What the columns of records are called; those of layers stand in the catalogue.
_TITLES = {
    "old_key": Text("Mã đơn vị cũ", "Key of the old unit"),
    "new_key": Text("Mã đơn vị mới", "Key of the new unit"),
    "kind": Text("Hình thức", "Kind"),
    "share": Text("Tỷ lệ", "Share"),
    "effective_on": Text("Ngày hiệu lực", "In force on"),
    "decision": Text("Văn bản quyết định", "Decision"),
    "source": Text("Nguồn", "Source"),
    "lot_key": Text("Mã lô", "Lot"),
    "holder": Text("Bên thuê, giữ chỗ", "Holder"),
    "enterprise_key": Text("Mã doanh nghiệp", "Enterprise"),
    "from_on": Text("Từ ngày", "From"),
    "to_on": Text("Đến ngày", "Until"),
    "document": Text("Hợp đồng, văn bản", "Document"),
    "reason_ended": Text("Lý do chấm dứt", "Reason of the end"),
    "subject": Text("Đối tượng thuê", "What is let"),
    "zone_key": Text("Khu", "Zone"),
    "quantity": Text("Chỉ tiêu", "Quantity"),
    "value": Text("Giá trị", "Value"),
    "denominator": Text("Mẫu số", "Denominator"),
    "observed_on": Text("Ngày số liệu", "Observed on"),
    "case_key": Text("Mã hồ sơ hoặc mã thửa", "Case or parcel"),
    "reason": Text("Lý do", "Reason"),
    "stage": Text("Giai đoạn GPMB", "Stage of clearance"),
}


def _kind(col: Column[Any]) -> Kind:
    types: tuple[tuple[type, Kind], ...] = (
        (ARRAY, "list"),
        (Boolean, "boolean"),
        (Integer, "integer"),
        (Float, "number"),
        (Date, "date"),
    )
    for type_, kind in types:
        if isinstance(col.type, type_):
            return kind
    return "text"


def _key_parts(key: Column[Any]) -> tuple[str, ...]:
    """``level || '-' || code`` as ("level", "'-'", "code"); a plain key as itself."""
    if key.computed is None:
        return ("key",)
    return tuple(re.split(r"\s*\|\|\s*", str(key.computed.sqltext)))


def _zones_of_run(table: Table, column: Column[Any]) -> Callable[[Connection, int], list[str]]:
    def touched(db: Connection, run_id: int) -> list[str]:
        query = select(column).where(_touched_by(table, run_id), column.is_not(None)).distinct()
        return list(db.execute(query).scalars())

    return touched


def _touched_by(table: Table, run_id: int) -> ColumnElement[bool]:
    """Rows of a run; of a feature also its other versions, which may lie in another zone."""
    if "key" not in table.c:
        return table.c.import_run_id == run_id
    own = table.alias("own")
    return table.c.key.in_(select(own.c.key).where(own.c.import_run_id == run_id))


def _zones_under_parcels(db: Connection, run_id: int) -> list[str]:
    zones, parcels = layers()["zones"].table, layers()["parcels"].table
    meets = func.ST_Intersects(zones.c.geom, parcels.c.geom) & _touched_by(parcels, run_id)
    return list(db.execute(select(zones.c.key).where(select(1).where(meets).exists()).distinct()).scalars())


def _zones_of_holds(table: Table) -> Callable[[Connection, int], list[str]]:
    def touched(db: Connection, run_id: int) -> list[str]:
        lots = layers()["lots"].table
        of_run = select(table.c.lot_key).where(table.c.import_run_id == run_id)
        query = select(lots.c.zone_key).where(lots.c.key.in_(of_run)).distinct()
        return list(db.execute(query).scalars())

    return touched


_TOUCHED: dict[str, Callable[[Connection, int], list[str]]] = {
    "zones": lambda db, run: _zones_of_run(layers()["zones"].table, layers()["zones"].table.c.key)(db, run),
    "lots": lambda db, run: _zones_of_run(layers()["lots"].table, layers()["lots"].table.c.zone_key)(db, run),
    "parcels": _zones_under_parcels,
}


def _keys_of_run(layer_id: str) -> Callable[[Connection, int], list[str]]:
    table = layers()[layer_id].table
    return lambda db, run: list(
        db.execute(select(table.c.key).where(table.c.import_run_id == run).distinct()).scalars()
    )


#: Boundaries on which shares of takes rest.
_FOLLOWED: dict[str, Callable[[Connection, int], None]] = {
    "zones": lambda db, run: boundaries.zones_changed(db, _keys_of_run("zones")(db, run)),
    "parcels": lambda db, run: boundaries.parcels_changed(db, _keys_of_run("parcels")(db, run)),
}


@dataclass(frozen=True)
class _Record:
    """The words and codes that a record table needs to be read from a file."""

    table: Table
    title: Text
    identity: tuple[str, ...]
    geometry: str | None = None
    codes: dict[str, tuple[Code, ...]] = field(default_factory=dict[str, "tuple[Code, ...]"])
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    touched: Callable[[Connection, int], list[str]] | None = None
    columns: tuple[str, ...] | None = None
    resolve: Callable[[Connection, Table, Table], dict[int, dict[str, Any]]] | None = None
    follow: Callable[[Connection, int], None] | None = None

    def __call__(self) -> Target:
        fields = {
            c.name: _field(c, self.codes.get(c.name, ()), self.aliases.get(c.name, ()))
            for c in self.table.c
            if _fillable(c) and (self.columns is None or c.name in self.columns)
        }
        return Target(
            self.table.name,
            self.title,
            self.table,
            fields,
            self.geometry,
            False,
            None,
            self.identity,
            Right.EDIT_LAYERS,
            self.touched,
            self.resolve,
            self.follow,
        )


_HOLD = ("lot_key", "'|'", "holder", "'|'", "from_on")
_HOLD_ALIASES = {
    "lot_key": ("ma lo", "lo"),
    "holder": ("ben thue", "don vi", "ten doanh nghiep"),
    "enterprise_key": ("ma doanh nghiep",),
    "from_on": ("tu ngay", "ngay bat dau"),
    "to_on": ("den ngay", "ngay ket thuc"),
    "document": ("so hop dong", "van ban"),
    "reason_ended": ("ly do cham dut",),
}

RECORDS: dict[str, _Record] = {
    record.table.name: record
    for record in (
        _Record(
            lineage.LINEAGE,
            Text("Đơn vị cũ thành đơn vị mới", "Old units and what they became"),
            ("old_key", "'|'", "new_key", "'|'", "effective_on"),
            codes={"kind": lineage.KINDS},
        ),
        _Record(
            occupations.LEASES,
            Text("Hợp đồng thuê", "Leases"),
            _HOLD,
            "part",
            {
                "subject": (
                    Code("land", Text("Đất", "Land")),
                    Code("factory", Text("Nhà xưởng", "Factory")),
                )
            },
            _HOLD_ALIASES,
            _zones_of_holds(occupations.LEASES),
        ),
        _Record(
            occupations.RESERVATIONS,
            Text("Giữ chỗ", "Reservations"),
            _HOLD,
            "part",
            {},
            _HOLD_ALIASES,
            _zones_of_holds(occupations.RESERVATIONS),
        ),
        _Record(
            observations.OBSERVATIONS,
            Text("Số liệu báo cáo của khu", "Reported figures of zones"),
            ("zone_key", "'|'", "quantity", "'|'", "observed_on", "'|'", "source"),
            codes={"quantity": observations.QUANTITIES},
            aliases={"zone_key": ("ma khu", "ma kcn"), "observed_on": ("ngay", "ngay bao cao")},
            touched=_zones_of_run(observations.OBSERVATIONS, observations.OBSERVATIONS.c.zone_key),
        ),
        _Record(
            stages.EVENTS,
            Text("Tiến độ GPMB theo thửa", "Clearance stages of parcels"),
            ("case_key", "'|'", "stage", "'|'", "effective_on"),
            codes={"stage": imported.stage_codes()},
            aliases={
                "case_key": ("ma ho so", "ho so", "ma thua"),
                "stage": ("giai doan",),
                "effective_on": ("ngay",),
            },
            columns=("case_key", "stage", "effective_on", "reason", "source"),
            resolve=imported.resolve,
            follow=imported.follow,
        ),
    )
}
