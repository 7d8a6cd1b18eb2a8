"""The reference of the two interfaces as plain pages: written here, so nothing is loaded from elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.ogc.document import document
from api.http.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """Every address of the application with its parameters, and the same of OGC API."""
    own = request.app.openapi()
    ogc = document(f"{str(request.base_url).rstrip('/')}/ogc")
    parts = [
        ("Didoi", "/openapi.json", _operations(own)),
        ("OGC API – Features, Tiles", "/ogc/api", _operations(ogc)),
    ]
    return page("docs.html", title="API", parts=parts, version=own["info"]["version"])


def _operations(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Method, address, words and parameters of every operation."""
    base = "/ogc" if told["openapi"].startswith("3.0") else ""
    found: list[dict[str, Any]] = []
    for path, item in told["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "post", "put", "delete"):
                continue
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            found.append(
                {
                    "method": method.upper(),
                    "path": base + path,
                    "linked": method == "get" and "{" not in path,
                    "words": operation.get("description") or operation.get("summary") or "",
                    "parameters": [_parameter(p, told) for p in operation.get("parameters", [])],
                    "body": _fields(body.get("schema", {}), told),
                }
            )
    return found


def _parameter(told: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    real = _resolved(told, whole)
    schema = real.get("schema", {})
    return {
        "name": real["name"],
        "where": real["in"],
        "type": _type(schema),
        "default": schema.get("default"),
        "words": real.get("description", ""),
    }


def _fields(schema: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    real = _resolved(schema, whole)
    return [
        {
            "name": name,
            "type": _type(_resolved(told, whole)),
            "words": told.get("description", ""),
            "needed": name in real.get("required", []),
        }
        for name, told in real.get("properties", {}).items()
    ]


def _resolved(told: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in told:
        return told
    found: Any = whole
    for step in told["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _type(schema: dict[str, Any]) -> str:
    arms = schema.get("anyOf")
    if arms:
        return " | ".join(dict.fromkeys(_type(arm) for arm in arms if arm.get("type") != "null"))
    parts = [schema.get("format") or schema.get("type") or ""]
    if "enum" in schema:
        parts.append(" | ".join(map(str, schema["enum"][:8])))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        parts.append(f"{'' if low is None else low}..{'' if high is None else high}")
    return " ".join(part for part in parts if part)
