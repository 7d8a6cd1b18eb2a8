"""
Where a private cluster lives, and as whom it runs.

PostgreSQL refuses to run as root, so a process that is root hands the cluster to an unprivileged user,
with everything in its folders; whoever else runs it owns it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import pwd
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gis.errors import Unavailable

BIN = Path("/usr/lib/postgresql/15/bin")


class PostgresMissing(Unavailable):
    """PostgreSQL 15 with PostGIS 3 is not installed."""


class ClusterOutOfReach(Unavailable):
    """The user that runs the database cannot enter or write its folder."""


class ClusterFailed(Unavailable):
    """PostgreSQL would not start or stop; its own last words are told."""


class DiskFull(Unavailable):
    """No space is left where the database keeps its files."""


@dataclass(frozen=True)
class Place:
    """Where one cluster lives, and as whom it runs."""

    folder: Path
    run: Path
    user: pwd.struct_passwd

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def started(self) -> Path:
        """Which server was started here, as told by `server`."""
        return self.folder / "started"

    @property
    def server(self) -> str:
        """Process and start time of the running server; empty when none runs."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        return f"{lines[0]} {lines[2]}" if len(lines) > 2 else ""

    def command(self, *words: str | Path) -> list[str]:
        """The command as the cluster's own user; PostgreSQL refuses to run as root."""
        drop = (
            "setpriv",
            f"--reuid={self.user.pw_uid}",
            f"--regid={self.user.pw_gid}",
            "--init-groups",
            "--reset-env",
        )
        return [*(drop if os.geteuid() == 0 else ()), *map(str, words)]

    def call(self, *words: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run to its end with a text given to it; the working folder is one that every user can enter."""
        return subprocess.run(
            self.command(*words), cwd="/", input=given, capture_output=True, text=True, check=False
        )

    def open_run(self) -> None:
        """Make the socket's directory; somebody else's of the same name is not trusted."""
        _make(self.run, self.user)
        found = self.run.lstat()
        if found.st_uid != self.user.pw_uid or found.st_mode & 0o077:
            raise ClusterOutOfReach(path=str(self.run), user=self.user.pw_name)

    def write(self, path: Path, content: str) -> None:
        """Written by the cluster's user, never by root: the folder is that user's, links in it too."""
        done = self.call("tee", path, given=content)
        if done.returncode != 0:
            raise self.failure(done)

    @contextmanager
    def locked(self) -> Generator[None]:
        """One process at a time starts or stops; the lock dies with its process."""
        with self._file("lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def entered(self) -> Generator[int]:
        """Held in common by everybody inside; the last one can have it alone."""
        with self._file("inside") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield file

    @contextmanager
    def _file(self, name: str) -> Generator[int]:
        try:
            file = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _refused(self.folder, self.user.pw_name, error) from error
        try:
            if os.geteuid() == 0:
                os.fchown(file, self.user.pw_uid, self.user.pw_gid)
            yield file
        finally:
            os.close(file)

    def failure(self, done: subprocess.CompletedProcess[str] | None = None) -> Unavailable:
        """Why a command of PostgreSQL's, or a statement, did not do what it should."""
        reason = self.last_words(done.stderr.splitlines() if done else ())
        if "No space left on device" in reason:
            return DiskFull(path=str(self.folder))
        return ClusterFailed(log=str(self.log), reason=reason)

    def last_words(self, said: Sequence[str] = ()) -> str:
        """What PostgreSQL said last that tells why: its log's errors first, else the command's."""
        logged = self.log.read_text(errors="replace").splitlines()[-20:] if self.log.exists() else []
        lines = [line.strip() for line in (*said, *logged) if line.strip()]
        telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
        return (telling or lines or ["?"])[-1]


def find_place(home: Path) -> Place:
    """Find or make the folders, and make sure that the cluster's user can reach them."""
    if not (BIN / "postgres").exists():
        raise PostgresMissing(package="postgresql-15 postgresql-15-postgis-3")
    folder = home.expanduser().resolve() / "postgres"
    user = _user(folder)
    # Short, because a socket's path may hold 107 bytes; fixed, because every process must find it.
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    run = Path("/tmp") / f"didoi-{user.pw_uid}-{digest}"  # noqa: S108 (mode and owner are checked)
    for path in (home.expanduser().resolve(), folder):
        _make(path, user)
    place = Place(folder, run, user)
    if place.call("test", "-w", folder, "-a", "-x", folder).returncode != 0:
        raise ClusterOutOfReach(path=str(folder), user=user.pw_name)
    return place


def _user(folder: Path) -> pwd.struct_passwd:
    """As whom the cluster runs: its owner if it exists; never root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    if folder.exists() and folder.stat().st_uid != 0:
        return pwd.getpwuid(folder.stat().st_uid)
    for name in ("didoi", "postgres"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresMissing(package="postgresql-15 postgresql-15-postgis-3")


def _make(path: Path, user: pwd.struct_passwd) -> None:
    """A private folder of the cluster's user; one that exists already is left as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return
        if os.geteuid() == 0:
            os.chown(path, user.pw_uid, user.pw_gid)
    except OSError as error:
        raise _refused(path, user.pw_name, error) from error


def _refused(path: Path, user: str, error: OSError) -> Unavailable:
    full = error.errno == errno.ENOSPC
    return DiskFull(path=str(path)) if full else ClusterOutOfReach(path=str(path), user=user)
