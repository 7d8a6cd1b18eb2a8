"""
What the environment says, read once by the process entry and passed down from there.

Every setting is an environment variable with the prefix ``DIDOI_``; `run` sets them from its options.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from gis.errors import BadInput
from layers.db.cluster import APP, database_url


class SettingWrong(BadInput):
    """An environment variable holds what the setting cannot be."""


class ServerAddressMissing(BadInput):
    """The owner's address has a password, so the server's cannot be derived from it."""


class Settings(BaseSettings):
    """Where the state lives, how to reach the database, and what the server may spend."""

    model_config = SettingsConfigDict(env_prefix="DIDOI_", frozen=True, env_ignore_empty=True)

    home: Path = Field(default_factory=lambda: _home())
    """Folder of everything that is kept: the private cluster, caches."""
    database_url: str | None = Field(default=None, repr=False)
    """The owner's address; None means the private cluster under `home`."""
    server_database_url: str | None = Field(default=None, repr=False)
    """The server's address, as a role that owns no table; see `server_url`."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    demo: bool = True
    """Whether an empty database is given the illustrative province."""

    statement_timeout_s: float = Field(default=15.0, gt=0)
    pool_size: int = Field(default=8, ge=1)
    """Connections of the server, and as many threads."""
    export_pool_size: int = Field(default=2, ge=1)
    pool_wait_s: float = Field(default=2.0, gt=0)

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("database_url", "server_database_url", mode="after")
    @classmethod
    def _one_driver(cls, url: str | None) -> str | None:
        if url is None:
            return None
        address = make_url(url)
        if address.get_backend_name() not in ("postgresql", "postgres"):
            raise ValueError("postgresql://…")
        return address.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    @property
    def coverages(self) -> Path:
        """Folder of the cells of coverages."""
        return self.home / "coverages"

    def server_url(self, owner_url: str) -> str:
        """
        The address the server connects with, derived from the owner's where it is not set.

        Raises
        ------
        ServerAddressMissing
            If the owner's address has a password: another role has another one.
        """
        if self.server_database_url is not None:
            return self.server_database_url
        if make_url(owner_url).password is not None:
            raise ServerAddressMissing()
        return database_url(owner_url, user=APP)

    def environment(self, **changes: object) -> dict[str, str]:
        """This process's environment with these settings in it, for a child that reads them again."""
        told = self.model_dump(exclude_none=True) | {k: v for k, v in changes.items() if v is not None}
        return dict(os.environ) | {f"DIDOI_{name.upper()}": str(value) for name, value in told.items()}


def read_settings(**options: object) -> Settings:
    """
    The settings of this process: given options first, then the environment, then the defaults.

    Raises
    ------
    SettingWrong
        Naming the variable and what is wrong with it.
    """
    given: Mapping[str, object] = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)  # pyright: ignore[reportArgumentType]  # checked by pydantic just now
    except ValidationError as error:
        first = error.errors()[0]
        name = "DIDOI_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingWrong(name=name, reason=first["msg"]) from error


def _home() -> Path:
    """Where a service keeps its state as root, and a person otherwise."""
    return Path("/var/lib/didoi") if os.geteuid() == 0 else Path("~/.local/share/didoi").expanduser()
