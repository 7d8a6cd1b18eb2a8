"""
Stage models of clearance, one file per law (``stage_models/*.toml``), read once.

A file names offices (who acts, since when) and stages; a stage names the office by its name. Links to other
stages are codes, or tables ``{stage, origins, user_kinds}`` where they hold for some cases alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from gis.clearance.stages import Limit, Link, Office, Stage, StageModel, Words


@cache
def stage_models() -> Mapping[str, StageModel]:
    """Models by law (LL2013, LL2024), the older first."""
    found = (files("layers.codes") / "stage_models").iterdir()
    read = [_model(tomllib.loads(file.read_text("utf-8"))) for file in found if file.name.endswith(".toml")]
    return MappingProxyType(
        {model.law: model for model in sorted(read, key=lambda model: model.in_force_from)}
    )


def stage_model_on(day: date) -> StageModel:
    """The model of the law in force on a day, by which a case opened on it goes; the first one before it."""
    models = list(stage_models().values())
    return next((model for model in reversed(models) if model.in_force_from <= day), models[0])


def _model(told: dict[str, Any]) -> StageModel:
    offices = {name: tuple(_office(one) for one in known) for name, known in told["offices"].items()}
    stages = [_stage(one, offices) for one in told["stages"]]
    return StageModel(
        law=told["law"],
        title=Words(**told["title"]),
        in_force_from=told["in_force_from"],
        in_force_to=told.get("in_force_to"),
        source=told["source"],
        stages=MappingProxyType({stage.code: stage for stage in stages}),
    )


def _office(told: dict[str, Any]) -> Office:
    return Office(told["vi"], told["en"], told.get("from_on"), told.get("to_on"))


def _stage(told: dict[str, Any], offices: Mapping[str, tuple[Office, ...]]) -> Stage:
    return Stage(
        code=told["code"],
        group=told["group"],
        title=Words(**told["title"]),
        after=tuple(_link(one) for one in told["after"]),
        needs=tuple(_link(one) for one in told.get("needs", ())),
        origins=_set(told, "origins"),
        user_kinds=_set(told, "user_kinds"),
        documents=tuple(told.get("documents", ())),
        limit=Limit(**told["limit"]) if "limit" in told else None,
        actors=offices[told["actors"]] if "actors" in told else (),
        source=told["source"],
    )


def _link(told: str | dict[str, Any]) -> Link:
    if isinstance(told, str):
        return Link(told)
    return Link(told["stage"], _set(told, "origins"), _set(told, "user_kinds"))


def _set(told: dict[str, Any], name: str) -> frozenset[str] | None:
    return frozenset(told[name]) if name in told else None
