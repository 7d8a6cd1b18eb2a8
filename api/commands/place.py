"""``didoi place``: which unit an address, a name or a code means, on any date."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands._door import door
from layers.dates import as_date, today


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(place)


def place(
    text: Annotated[str, typer.Argument(help="Địa chỉ, tên hoặc mã / Address, name or code")],
    to: Annotated[str | None, typer.Option(help="Đơn vị của ngày / The unit as of, 2025-06-30")] = None,
    on: Annotated[str | None, typer.Option(help="Ngày của văn bản / Date of the text")] = None,
    lon: Annotated[float | None, typer.Option(help="Kinh độ / Longitude")] = None,
    lat: Annotated[float | None, typer.Option(help="Vĩ độ / Latitude")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Tra địa danh cũ, mới / Resolve a place over time."""
    from api.actions.read_places import resolve_place

    point = (lon, lat) if lon is not None and lat is not None else None
    with door() as opened, opened.app.begin() as db:
        told = resolve_place(db, text, as_date(to) if to else today(), as_date(on) if on else None, point)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
        return
    typer.echo(f"{told['words']['vi']} / {told['words']['en']}")
    for unit in told["units"]:
        above = ", ".join([unit["name"], *unit["parents"]])
        typer.echo(f"  {unit['code']}  {above}  ({unit['valid_from']} – {unit['valid_to'] or '…'})")
        for each in unit["became"]:
            share = "" if each["share"] is None else f"  {each['share']:.0%}"
            typer.echo(f"    → {each['code']}  {', '.join([each['name'], *each['parents']])}{share}")
