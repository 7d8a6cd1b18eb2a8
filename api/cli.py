"""``didoi VERB …``: the verbs of ``api/commands``, and one place where their errors are told."""

from __future__ import annotations

import os
import pwd
import signal
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import NoReturn

import typer

from api import commands
from api.words import LANGS, say_error
from gis.errors import BadInput, DidoiError


def build() -> typer.Typer:
    """The application with every verb that ``api/commands`` holds."""
    app = typer.Typer(
        name="didoi",
        help="Quy hoạch khu công nghiệp và di dời cơ sở / Industrial zones and factory relocation",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_several_verbs)
    for module in iter_modules(commands.__path__):
        if not module.name.startswith("_"):
            import_module(f"{commands.__name__}.{module.name}").register(app)
    return app


def main() -> NoReturn:
    """Run one verb; exit 0 when done, 1 on an error that was told, 2 on wrong usage."""
    signal.signal(signal.SIGTERM, _stop)  # so that the cluster is left properly
    try:
        build()()
    except DidoiError as error:
        _tell(error)
    except OSError as error:
        if error.filename is None:
            raise
        _tell(
            FileOutOfReach(
                path=error.filename, reason=error.strerror, user=pwd.getpwuid(os.geteuid()).pw_name
            )
        )
    sys.exit(0)


class FileOutOfReach(BadInput):
    """A file or folder that was named cannot be read or written by this user."""


def _tell(error: DidoiError) -> NoReturn:
    for lang in LANGS:
        print(say_error(error, lang), file=sys.stderr)  # noqa: T201 (the command line's own voice)
    sys.exit(1)


def _several_verbs() -> None:
    """Makes typer ask for a verb even while there is one only."""


def _stop(signum: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    main()
