"""
The one base error.

An error carries a code and facts, never prose: the words in Vietnamese and English stand in
``api/words`` under ``error.<code>``, and the HTTP status in one table in ``api/http/errors.py``.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class DidoiError(Exception):
    """
    Something the caller can understand and mend.

    Parameters
    ----------
    **facts
        What was wrong, by name: ``file``, ``row``, ``column``, ``value``, ``allowed`` … Each must be
        printable; the words of the error refer to them as ``{name}``.
    """

    code: ClassVar[str] = "error"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({told})"


class BadInput(DidoiError):
    """What was asked cannot be read or makes no sense."""


class NotFound(DidoiError):
    """What was asked for does not exist, or not for this actor at this date."""


class Forbidden(DidoiError):
    """The actor may not do or see this."""


class Conflict(DidoiError):
    """What was asked contradicts what is stored."""


class Unavailable(DidoiError):
    """A part that the answer needs is not there now; asking again later may help."""
