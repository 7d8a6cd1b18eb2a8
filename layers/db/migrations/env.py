"""Alembic's entry: one connection, handed over by layers.db.migrate."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from geoalchemy2 import Geometry

from layers.db.schema import load

#: Tables of extensions and of the job queue, which no migration of ours describes.
FOREIGN = ("spatial_ref_sys", "procrastinate_")


def _ours(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return not (table or "").startswith(FOREIGN)


def _render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, Geometry):
        autogen.imports.add("from geoalchemy2 import Geometry")
        return f"Geometry({item.geometry_type!r}, srid={item.srid}, spatial_index=False)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=load(),
    include_object=_ours,
    render_item=_render,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
