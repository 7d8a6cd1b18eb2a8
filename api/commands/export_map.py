"""``didoi export-map OUT.html``: a map in one file that opens anywhere and asks nothing of any network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands._door import door
from layers.dates import as_date, today


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(export_map)


def export_map(
    out: Annotated[Path, typer.Argument(help="Tệp HTML / HTML file")],
    as_of: Annotated[str | None, typer.Option(help="Tính đến ngày / As of, YYYY-MM-DD")] = None,
    layers: Annotated[
        str | None, typer.Option(help="Các lớp trên nền, cách bằng dấu phẩy / Layers, comma-separated")
    ] = None,
    firm: Annotated[
        str | None, typer.Option(help="Mã doanh nghiệp cần ghép / Enterprise to match with zones")
    ] = None,
    lang: Annotated[str, typer.Option(help="vi | en")] = "vi",
) -> None:
    """Xuất bản đồ thành một tệp HTML / Write a map as one self-contained HTML file."""
    from api.actions import export_map as action
    from api.actions.match_firm import FirmRequest
    from layers.access import PUBLIC
    from layers.folium_page import page

    request = action.MapRequest(
        layers=None if layers is None else tuple(name.strip() for name in layers.split(",") if name.strip()),
        firm=None if firm is None else FirmRequest(firm=firm),
        lang="en" if lang == "en" else "vi",
    )
    day = as_date(as_of) if as_of else today()
    with door() as opened, opened.app.connect() as db:
        db.exec_driver_sql("SET TRANSACTION READ ONLY")
        html = page(action.export_map(db, PUBLIC, day, request))
    out.write_text(html, encoding="utf-8")
    typer.echo(f"{out}  {len(html.encode()) / 1e6:.1f} MB")
