"""Version of the program."""

from importlib.metadata import PackageNotFoundError, version


def _version() -> str:
    try:
        return version("didoi")
    except PackageNotFoundError:  # a checkout on the path that was never installed
        return "0.1.0"


VERSION = _version()
