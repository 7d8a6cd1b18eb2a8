"""``didoi certificate [KEY] --out FILE``: the certificate of Decree 32/2024 as PDF or workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands._door import door
from layers.dates import as_date, today


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(certificate)


def certificate(
    out: Annotated[Path, typer.Option(help="Tệp .pdf hoặc .xlsx / File, .pdf or .xlsx")],
    key: Annotated[
        str | None, typer.Argument(help="Mã CCN; bỏ trống để lập cho mọi cụm / Cluster; all without it")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Tính đến ngày / As of, YYYY-MM-DD")] = None,
    option: Annotated[str | None, typer.Option(help="Phương án phát triển / Development option")] = None,
) -> None:
    """Rà soát CCN theo Nghị định 32/2024 / Certificate of clusters under Decree 32/2024."""
    from api.actions.certify_ccn import certify_ccn
    from api.documents.certificate_pdf import pdf
    from api.documents.certificate_xlsx import xlsx
    from layers.access import PUBLIC

    write = {".pdf": pdf, ".xlsx": xlsx}.get(out.suffix.lower())
    if write is None:
        raise typer.BadParameter(".pdf | .xlsx", param_hint="--out")
    day = as_date(as_of) if as_of else today()
    with door() as opened, opened.app.connect() as db:
        db.exec_driver_sql("SET TRANSACTION READ ONLY")
        found = certify_ccn(db, PUBLIC, day, option=option, key=key)
    out.write_bytes(write(found))
    clear = sum(one.clear for one in found.clusters)
    typer.echo(f"{out}  {clear}/{len(found.clusters)} CCN")
