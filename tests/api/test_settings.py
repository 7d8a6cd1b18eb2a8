"""The environment, read once: what is not said has a default, what is said wrongly is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import ServerAddressMissing, SettingWrong, read_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch):
    for name in ("HOME", "DATABASE_URL", "SERVER_DATABASE_URL", "PORT", "HOST", "DEMO"):
        monkeypatch.delenv(f"DIDOI_{name}", raising=False)


def test_nothing_said_means_a_private_cluster_on_the_own_machine_only():
    settings = read_settings()
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIDOI_PORT", "8001")
    assert read_settings().port == 8001
    assert read_settings(port=8002).port == 8002


def test_an_empty_variable_is_one_not_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIDOI_DATABASE_URL", "")
    assert read_settings().database_url is None


@pytest.mark.parametrize("port", ["0", "65536", "web", "8000.5"])
def test_a_port_that_is_none_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, port: str):
    monkeypatch.setenv("DIDOI_PORT", port)
    with pytest.raises(SettingWrong) as caught:
        read_settings()
    assert caught.value.facts["name"] == "DIDOI_PORT"


def test_another_kind_of_database_is_refused():
    with pytest.raises(SettingWrong) as caught:
        read_settings(database_url="mysql://planner@db/didoi")
    assert caught.value.facts["name"] == "DIDOI_DATABASE_URL"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_meets_the_one_driver(scheme: str):
    settings = read_settings(database_url=f"{scheme}://owner:secret@db:5433/land")
    assert settings.database_url == "postgresql+psycopg://owner:secret@db:5433/land"


def test_the_server_never_connects_as_the_owner():
    settings = read_settings(database_url="postgresql://didoi_owner@/land?host=/run/db")
    assert settings.database_url is not None
    url = settings.server_url(settings.database_url)
    assert url == "postgresql+psycopg://didoi_app@/land?host=%2Frun%2Fdb"


def test_the_owners_password_is_not_tried_for_the_server():
    settings = read_settings(database_url="postgresql://owner:secret@db/land")
    with pytest.raises(ServerAddressMissing):
        settings.server_url(str(settings.database_url))


def test_passwords_are_not_shown_where_settings_are_printed():
    assert "secret" not in repr(read_settings(database_url="postgresql://owner:secret@db/land"))


def test_settings_do_not_change_once_read():
    with pytest.raises(ValidationError):
        read_settings().port = 1


def test_a_child_reads_the_same_settings_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    settings = read_settings(home=tmp_path, port=8123, demo=False)
    for name, value in settings.environment(database_url="postgresql+psycopg:///x").items():
        monkeypatch.setenv(name, value)
    again = read_settings()
    assert again == settings.model_copy(update={"database_url": "postgresql+psycopg:///x"})
