"""``didoi coverage``: keep rasters, list them, withdraw them, and see what they say of a layer."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands._door import door
from layers.dates import as_date, today


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(no_args_is_help=True, help="Dữ liệu raster: độ cao, ngập, lớp phủ / Coverages")
    group.command("look")(look)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("withdraw")(withdraw)
    group.command("figures")(figures)
    app.add_typer(group, name="coverage")


def look(
    file: Annotated[Path, typer.Argument(help="GeoTIFF")],
    band: Annotated[int, typer.Option(help="Kênh / Band")] = 1,
) -> None:
    """Xem tệp có gì, chưa ghi gì / See what a file holds; nothing is written."""
    from layers.coverages.store import inspect

    typer.echo(json.dumps(inspect(file, band), ensure_ascii=False, indent=2))


def add(
    file: Annotated[Path, typer.Argument(help="GeoTIFF")],
    kind: Annotated[str, typer.Option(help="elevation | flood_depth | land_cover | other")],
    title: Annotated[str, typer.Option(help="Tên tiếng Việt / Vietnamese title")],
    title_en: Annotated[str | None, typer.Option(help="Tên tiếng Anh / English title")] = None,
    crs: Annotated[str | None, typer.Option(help="Hệ tọa độ / CRS, EPSG:9210")] = None,
    band: Annotated[int, typer.Option(help="Kênh / Band")] = 1,
    nodata: Annotated[float | None, typer.Option(help="Giá trị không có số liệu / Value of no data")] = None,
    unit: Annotated[str | None, typer.Option(help="Đơn vị / Unit")] = None,
    classes: Annotated[
        Path | None, typer.Option(help="Bảng lớp JSON / Classes: [{value, title_vi, title_en, color}]")
    ] = None,
    flooded_from_m: Annotated[
        float | None, typer.Option(help="Ngập từ độ sâu, m / Flooded from this depth")
    ] = None,
    valid_from: Annotated[str | None, typer.Option(help="Hiệu lực từ / Valid from, 2025-07-01")] = None,
    source: Annotated[str | None, typer.Option(help="Nguồn / Source")] = None,
    licence: Annotated[str | None, typer.Option(help="Giấy phép / Licence")] = None,
) -> None:
    """Nhập một raster / Keep a raster."""
    from layers.access import system
    from layers.coverages import store

    named: Any = json.loads(classes.read_text(encoding="utf-8")) if classes else []
    request = store.Request(
        file,
        kind,
        title,
        title_en or title,
        crs,
        band,
        nodata,
        unit,
        tuple(named),
        flooded_from_m,
        as_date(valid_from) if valid_from else None,
        source,
        licence,
    )
    with door() as opened, opened.owner.begin() as db:
        number = store.add(db, system("didoi coverage"), request, opened.settings.coverages)
    typer.echo(number)


def list_(as_of: Annotated[str | None, typer.Option(help="Tính đến / As of")] = None) -> None:
    """Các raster đang có / The coverages of a date."""
    from api.actions.read_coverages import list_coverages

    with door() as opened, opened.app.begin() as db:
        for each in list_coverages(db, _day(as_of)):
            words = each["title"]
            typer.echo(f"{each['id']}  {each['kind']}  {words['vi']} / {words['en']}  {each['as_of']}")


def withdraw(
    number: Annotated[int, typer.Argument(help="Số / Number")],
    on: Annotated[str | None, typer.Option(help="Từ ngày / From this day on")] = None,
) -> None:
    """Ngừng dùng một raster từ một ngày / End a coverage on a date."""
    from layers.coverages import store

    with door() as opened, opened.owner.begin() as db:
        store.withdraw(db, number, _day(on))


def figures(
    layer: Annotated[str, typer.Argument(help="Lớp / Layer: zones, lots")],
    as_of: Annotated[str | None, typer.Option(help="Tính đến / As of")] = None,
) -> None:
    """Độ dốc, ngập, lớp phủ theo từng đối tượng / Figures of every feature of a layer, as JSON."""
    from api.actions.read_coverages import coverages_of_layer
    from layers.access import PUBLIC

    with door() as opened, opened.app.begin() as db:
        rows = coverages_of_layer(db, PUBLIC, _day(as_of), layer, opened.settings.coverages)
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))


def _day(text: str | None) -> date:
    return today() if text is None else as_date(text)
