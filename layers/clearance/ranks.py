"""The rank of every stage of every law: what charts, tiles and figures of different laws have in common."""

from __future__ import annotations

from functools import cache

from sqlalchemy import TEXT, ColumnElement, SmallInteger, and_, case, literal

from layers.codes.stage_models import stage_models


@cache
def ranks() -> dict[tuple[str, str], int]:
    """Rank by law and stage."""
    models = stage_models().values()
    return {(model.law, stage.code): stage.rank for model in models for stage in model.stages.values()}


def rank_of(law: ColumnElement[str], stage: ColumnElement[str]) -> ColumnElement[int]:
    """The same as an expression over columns; null for a stage that the law does not know."""
    told = [
        (and_(law == literal(named, TEXT), stage == literal(code, TEXT)), literal(rank, SmallInteger))
        for (named, code), rank in ranks().items()
    ]
    return case(*told)
