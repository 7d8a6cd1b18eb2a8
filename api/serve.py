"""
One server and one worker beside the database, started together and stopped together.

`up` supervises: it owns the port and the cluster, and starts each part as a child that dies with it, so
that even ``kill -9`` leaves nothing behind that the next start would stumble over.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal, NoReturn

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from api.commands._door import database
from api.settings import Settings, read_settings
from api.words import LANGS, say
from gis.errors import Conflict, Unavailable
from layers.db.cluster import answers, cluster

PR_SET_PDEATHSIG = 1  # linux/prctl.h
READY_WITHIN_S = 60
GRACE_S = 5
TOO_SOON_S = 2
"""A part that stops sooner than this after its start would only stop again."""
ASK_DATABASE_EVERY_S = 2.0
FORGIVEN_S = 15.0
"""A part that stops sooner than this after the database was away stopped because of it."""

Part = Literal["server", "worker"]


class PortInUse(Conflict):
    """Another program listens where the server should."""


class ServerStopped(Unavailable):
    """A part of the application stopped by itself, and starting it again would not help."""


def up(settings: Settings) -> None:
    """
    Start what is down, then serve until Ctrl-C or SIGTERM; stop what was started.

    Raises
    ------
    PortInUse, ServerStopped
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        with (
            _bound(settings) as port,
            _parts(settings, port) as parts,
            _stepped("database", database(settings)) as url,
        ):
            try:
                _prepare(settings, url)
                with _step("server"):
                    for child in parts:
                        child.tell(url)
                    _await_ready(settings, parts)
                _tell_ready(settings, url)
                _watch(parts, None if settings.database_url else settings.home)
            finally:
                _stop(parts)  # before the database that they use
    except SystemExit:
        _print("stopped")
        raise


def _prepare(settings: Settings, url: str) -> None:
    """Bring the database to this version, and give an empty one the illustrative province."""
    from layers.db.content import is_empty
    from layers.db.migrate import upgrade

    with _step("migrations"):
        upgrade(url)
    if not settings.demo:
        return
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as db:
        empty = is_empty(db)
    if empty:
        with _step("demo"):
            print(flush=True)  # noqa: T201  # it tells its own progress
            # In a process of its own: what making a province needs is not kept in memory afterwards.
            load = [sys.executable, "-P", "-m", "api.cli", "demo", "load"]
            done = subprocess.run(load, env=settings.environment(database_url=url), check=False)
            if done.returncode != 0:
                raise ServerStopped(name="demo load", status=done.returncode)


def _tell_ready(settings: Settings, url: str) -> None:
    from api.actions.sign_in import ensure_setup_token

    engine = create_engine(settings.server_url(url), poolclass=NullPool)
    with engine.begin() as db:
        token = ensure_setup_token(db)
    if token is not None:
        _print("first_account", token=token)
    _print("ready", url=f"http://{settings.host}:{settings.port}/")


# --- the parts -----------------------------------------------------------------------------------


@dataclass
class _Child:
    """
    A part of the application in a process of its own.

    It starts at once, to import what it needs while the database is made ready, and waits to be told
    its settings on its standard input.
    """

    part: Part
    settings: Settings
    port: socket.socket | None = None
    url: str | None = None
    process: subprocess.Popen[bytes] = field(init=False)
    begun_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the supervisor alone."""
        ports = [] if self.port is None else [self.port.fileno()]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "api.serve", self.part, str(os.getpid()), *map(str, ports)],
            stdin=subprocess.PIPE,
            pass_fds=ports,
            start_new_session=True,
        )
        self.begun_s = time.monotonic()
        if self.url is not None:
            self.tell(self.url)

    def tell(self, url: str) -> None:
        """Tell it its settings, with the owner's address of the database; it begins its work."""
        self.url = url
        told = self.settings.model_copy(
            update={"database_url": url, "server_database_url": self.settings.server_url(url)}
        )
        assert self.process.stdin is not None
        with suppress(BrokenPipeError), self.process.stdin as pipe:  # it ended: its status tells
            pipe.write(told.model_dump_json().encode())


def main() -> None:
    """Be the part that the supervisor asked for."""
    part, parent, *ports = sys.argv[1:]
    _die_with(int(parent))
    if part == "server":
        import api.http.app  # pyright: ignore[reportUnusedImport]  # now, while nobody waits yet
    else:
        import api.jobs  # noqa: F401  # pyright: ignore[reportUnusedImport]
    told = sys.stdin.read()
    if not told:  # the supervisor gave up
        return
    settings = read_settings(**json.loads(told))
    if part == "server":
        _serve(settings, int(ports[0]))
    else:
        from api.jobs import work

        work(settings)


def _serve(settings: Settings, port: int) -> None:
    import uvicorn

    from api.http.app import create_app

    config = uvicorn.Config(
        create_app(settings),
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S - 1,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=port)])


def _die_with(parent: int) -> None:
    """Ask the kernel for SIGTERM when the supervisor dies, however it dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(0)


# --- supervision ---------------------------------------------------------------------------------


@contextmanager
def _parts(settings: Settings, port: socket.socket) -> Generator[list[_Child]]:
    parts = [_Child("server", settings, port), _Child("worker", settings)]
    try:
        yield parts
    finally:
        _stop(parts)


@contextmanager
def _bound(settings: Settings) -> Generator[socket.socket]:
    """The server's port, taken before any work is done and kept across restarts of the server."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as port:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            port.bind((settings.host, settings.port))
        except OSError as error:
            raise PortInUse(host=settings.host, port=settings.port) from error
        yield port


def _await_ready(settings: Settings, parts: list[_Child]) -> None:
    """Wait until the server says that it is well."""
    deadline_s = time.monotonic() + READY_WITHIN_S
    while not _healthy(settings):
        _look_after(parts)
        if time.monotonic() > deadline_s:
            raise ServerStopped(name="server", status="/healthz")
        time.sleep(0.05)


def _healthy(settings: Settings) -> bool:
    connection = HTTPConnection(settings.host, settings.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _watch(parts: list[_Child], home: Path | None) -> NoReturn:
    """Look after the parts, and after the private cluster where there is one."""
    asked_s, away_s = time.monotonic(), -FORGIVEN_S
    while True:
        stopped = any(child.process.poll() is not None for child in parts)
        if home is not None and (stopped or time.monotonic() - asked_s >= ASK_DATABASE_EVERY_S):
            if not _database_answers(home):
                away_s = time.monotonic()
            asked_s = time.monotonic()
        _look_after(parts, forgiven=time.monotonic() - away_s < FORGIVEN_S)
        time.sleep(0.3)


def _database_answers(home: Path) -> bool:
    """Whether the private cluster answers; one that does not is started again, or waited for."""
    if answers(home):
        return True
    _print("database_again")
    with cluster(home):  # it stays up afterwards: the supervisor is inside already
        return False


def _look_after(parts: list[_Child], *, forgiven: bool = False) -> None:
    """Start a part again that stopped by itself, unless it stopped at once and that is not forgiven."""
    for child in parts:
        status = child.process.poll()
        if status is None:
            continue
        if time.monotonic() - child.begun_s < TOO_SOON_S and not forgiven:
            raise ServerStopped(name=child.part, status=status)
        _print("restarted", name=child.part, status=status)
        child.start()


def _stop(parts: list[_Child]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C
    for child in parts:
        child.process.terminate()
    deadline_s = time.monotonic() + GRACE_S
    for child in parts:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.1, deadline_s - time.monotonic()))
        if child.process.poll() is None:
            child.process.kill()
            child.process.wait()


def _leave(signum: int, _frame: object) -> NoReturn:
    """Ctrl-C is how one stops it, so that is success; the others keep their own status."""
    raise SystemExit(0 if signum == signal.SIGINT else 128 + signum)


# --- what the terminal shows ---------------------------------------------------------------------


@contextmanager
def _step(code: str) -> Generator[None]:
    """Name a step while it runs, then say how long it took."""
    print("• " + " / ".join(say(f"verb.{code}", lang) for lang in LANGS), end=" … ", flush=True)  # noqa: T201
    begun_s = time.monotonic()
    try:
        yield
    except BaseException:
        print("✗", flush=True)  # noqa: T201
        raise
    print(f"{time.monotonic() - begun_s:.1f} s", flush=True)  # noqa: T201


@contextmanager
def _stepped(code: str, entered: AbstractContextManager[str]) -> Generator[str]:
    """A step that is the entering of a context, which then stays open."""
    with ExitStack() as stack:
        with _step(code):
            value = stack.enter_context(entered)
        yield value


def _print(code: str, **facts: object) -> None:
    for lang in LANGS:
        print(say(f"verb.{code}", lang, **facts), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
