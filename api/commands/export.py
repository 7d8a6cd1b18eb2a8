"""``didoi export LAYER FILE``: a layer, filtered, as it holds on a date, as a file."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from api.commands._door import door
from layers.dates import as_date, today


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(export)


def export(
    layer: Annotated[str, typer.Argument(help="Lớp dữ liệu / Layer")],
    file: Annotated[
        Path, typer.Argument(help=".gpkg .geojson .parquet .fgb .zip (Shapefile) .kml .xlsx .csv")
    ],
    crs: Annotated[str | None, typer.Option(help="Hệ toạ độ / Coordinate system: EPSG:9210")] = None,
    as_of: Annotated[str | None, typer.Option(help="Tính đến ngày / As of, YYYY-MM-DD")] = None,
    where: Annotated[str | None, typer.Option(help="Bộ lọc CQL2 / Filter in CQL2")] = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Kèm dữ liệu cá nhân / With personal data")
    ] = False,
) -> None:
    """Xuất một lớp dữ liệu thành tệp / Write a layer as a file."""
    from api.actions.export_layer import export_layer
    from gis.crs import CRS84, from_uri
    from layers import cql
    from layers.access import PUBLIC, system
    from layers.export import FORMATS
    from layers.filters import Wanted

    suffix = file.suffix.lower().removeprefix(".")
    form = next((one.form for one in FORMATS.values() if one.extension == suffix), suffix)
    wanted = Wanted(filter=None if where is None else cql.parse(where))
    actor = system("didoi export") if personal else PUBLIC
    day = as_date(as_of) if as_of else today()
    # Written aside and moved when whole: a name that exists is a file that is complete.
    with tempfile.TemporaryDirectory(prefix=".didoi-export-", dir=file.resolve().parent) as folder:
        with door() as opened, opened.app.connect() as db:
            db.exec_driver_sql("SET TRANSACTION READ ONLY")
            system = CRS84 if crs is None else from_uri(crs)
            path = export_layer(db, actor, day, layer, wanted, form, Path(folder), system)
        shutil.move(path, file)
    typer.echo(f"{file}  {file.stat().st_size / 1e6:.1f} MB")
