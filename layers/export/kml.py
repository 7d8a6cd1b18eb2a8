"""KML: a placemark per row, every column in its extended data, words for the columns in the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import Boolean, Float, Integer

from layers.export.about import heading
from layers.export.cells import text
from layers.export.content import Content

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # letters that XML 1.0 does not know


def write(content: Content, path: Path) -> None:
    """Write one folder of placemarks."""
    with path.open("w", encoding="utf-8", newline="") as file:
        about, layer = content.about, content.layer
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n')
        file.write(f"<Document id={quoteattr(layer.id)}>\n<name>{_safe(about['title']['vi'])}</name>\n")
        file.write(f"<description>{_safe(json.dumps(about, ensure_ascii=False))}</description>\n")
        file.write(f"<Schema name={quoteattr(layer.id)} id={quoteattr(layer.id + '-columns')}>\n")
        for name, col in content.columns.items():
            kind = quoteattr(_kind(col.type))
            words = _safe(heading(col))
            file.write(f"<SimpleField name={quoteattr(name)} type={kind}>")
            file.write(f"<displayName>{words}</displayName></SimpleField>\n")
        file.write("</Schema>\n")
        _placemarks(content, file)
        file.write("</Document>\n</kml>\n")


def _placemarks(content: Content, file: IO[str]) -> None:
    names = list(content.columns)
    label = names.index(content.layer.label if content.layer.label in names else "key")
    schema = quoteattr(f"#{content.layer.id}-columns")
    for batch in content.batches("kml"):
        for row in batch:
            file.write(f"<Placemark><name>{_safe(text(row[label]) or '')}</name>")
            file.write(f"<ExtendedData><SchemaData schemaUrl={schema}>")
            for name, value in zip(names, row[:-1], strict=True):
                if value is not None:
                    told = _safe(text(value) or "")
                    file.write(f"<SimpleData name={quoteattr(name)}>{told}</SimpleData>")
            file.write(f"</SchemaData></ExtendedData>{row[-1] or ''}</Placemark>\n")


def _safe(words: str) -> str:
    """Text as XML holds it; a carriage return would be read as a line feed."""
    return escape(_NO_XML.sub("", words), {"\r": "&#13;"})


def _kind(type_: Any) -> str:
    kinds = ((Boolean, "bool"), (Integer, "int"), (Float, "double"))
    return next((name for sort, name in kinds if isinstance(type_, sort)), "string")
