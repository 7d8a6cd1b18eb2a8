"""Whatever is sent, the server never answers that it failed: schemathesis over both definitions."""

from __future__ import annotations

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

EXAMPLES = 15


@pytest.mark.parametrize(("definition", "base"), [("/openapi.json", ""), ("/ogc/api", "/ogc")])
def test_no_request_makes_the_server_fail(address: str, definition: str, base: str) -> None:
    told = requests.get(address + definition, timeout=10).json()
    operations = [found.ok() for found in schemathesis.openapi.from_dict(told).get_all_operations()]
    asked: list[int] = []
    failed: list[str] = []
    with requests.Session() as session:
        for operation in operations:
            if base and not _is_worth_asking(operation.path):
                continue

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def ask(case: schemathesis.Case) -> None:
                if "layer_id" in case.path_parameters:  # a made-up layer would end every question at once
                    case.path_parameters["layer_id"] = "enterprises"
                answer = case.call(base_url=address + base, session=session, timeout=20)
                asked.append(answer.status_code)
                if answer.status_code >= 500:
                    failed.append(f"{case.method} {answer.request.url} {case.body!r} {answer.text}")

            ask()
    assert failed == []
    assert len(asked) >= 10 * EXAMPLES
    assert 200 in asked


def _is_worth_asking(path: str) -> bool:
    """Collections have the same code behind them: two of them, and what is not of a collection."""
    return not path.startswith("/collections/") or path.split("/")[2] in ("enterprises", "zone_supply")
