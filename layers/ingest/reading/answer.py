"""What the subprocess tells its parent: one JSON text, and rows as an Arrow stream beside it."""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

#: Names in the scratch folder.
ANSWER, ROWS = "answer.json", "rows.arrow"


def tell(answer: dict[str, object]) -> None:
    """Write the answer; stdout is a file of the parent's."""
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()


def fail(code: str, **facts: object) -> NoReturn:
    """Tell what is wrong with the file and end, without any clean-up that damaged libraries could hang in."""
    tell({"error": code, "facts": facts})
    os._exit(3)
