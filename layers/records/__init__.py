"""Tables that are not layers: dated records, events, import runs, accounts."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import every module here, so that the metadata knows every table."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
