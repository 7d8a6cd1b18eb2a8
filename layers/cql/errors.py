"""What can be wrong with a filter; ``at`` says where: a position in the text, or a JSON pointer."""

from __future__ import annotations

from gis.errors import BadInput


class FilterLangUnknown(BadInput):
    """A filter in a language that is not read. Facts: lang, allowed."""


class FilterTooLong(BadInput):
    """A filter with too many letters. Facts: length, allowed."""


class FilterTooDeep(BadInput):
    """Brackets or operators inside one another beyond the limit. Facts: at, allowed."""


class FilterTooLarge(BadInput):
    """A filter with too many parts. Facts: count, allowed."""


class FilterUnreadable(BadInput):
    """A filter that is no CQL2. Facts: at, near, wanted."""


class FilterOperatorUnknown(BadInput):
    """An operator or function that is not on the list. Facts: at, operator, allowed."""


class FilterOperandsWrong(BadInput):
    """An operator given what it does not take. Facts: at, operator, wanted, given."""


class FilterValueWrong(BadInput):
    """A number, date or text that cannot be. Facts: at, value, wanted."""


class FilterGeometryWrong(BadInput):
    """A geometry that cannot be compared with. Facts: at, reason."""
