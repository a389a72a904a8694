"""Tables of Parquet and Arrow files, as data frames and Hugging Face's ``datasets`` write them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc, parquet

from agents.tabular.sheet import Row, Sheet

Declared = tuple[str, ...] | str | None
#: How files begin: Parquet, and Arrow with and without a table of contents (Feather is the first).
PARQUET, ARROW_FILE, ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"
#: Names of the classes of a column that only holds their numbers.
ClassNames = Mapping[str, tuple[str, ...]]


def begins(path: Path) -> bytes:
    """Return the first bytes of a file."""
    try:
        with path.open("rb") as stream:
            return stream.read(8)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None


def is_parquet(path: Path) -> bool:
    """Return whether a file begins like Parquet."""
    return path.is_file() and begins(path).startswith(PARQUET)


def is_arrow(path: Path) -> bool:
    """Return whether a file begins like Arrow's own formats."""
    return path.is_file() and begins(path).startswith((ARROW_FILE, ARROW_STREAM))


def arrow_sheet(path: Path, files: Sequence[Path], names: ClassNames | None = None) -> Sheet:
    """Return the sheet of Parquet and Arrow files that are one table, in this order; rows count from 1.

    Raises:
        ValueError: a damaged file, columns that differ from file to file, no column; it names the file.
    """
    tables = [_table(file) for file in files]
    for file, table in zip(files, tables, strict=True):
        if table.column_names != tables[0].column_names:
            raise ValueError(f"{file}: has other columns than {files[0].name}; the files of one table share them")
    if not tables[0].column_names:
        raise ValueError(f"{path}: has no column")
    classes = {**_class_names(tables[0].schema), **(names or {})}
    declared = [_declared(tables[0].schema.field(one), classes) for one in range(len(tables[0].column_names))]
    return Sheet(path, tuple(tables[0].column_names), tuple(declared), _rows(path, tables, classes))


def _table(path: Path) -> pa.Table:
    try:
        if is_parquet(path):
            return parquet.read_table(path)
        with pa.memory_map(str(path)) as source:
            is_file = begins(path).startswith(ARROW_FILE)
            return (ipc.open_file if is_file else ipc.open_stream)(source).read_all()
    except (pa.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        said = f"is damaged, or neither Parquet nor Arrow; write it again, or write it as CSV ({first[:60]})"
        raise ValueError(f"{path}: {said}") from None


def _class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Return what Hugging Face's ``datasets`` says in a file of the names of classes."""
    said = (schema.metadata or {}).get(b"huggingface")
    if said is None:
        return {}
    try:
        return class_names_of(json.loads(said)["info"]["features"])
    except (ValueError, KeyError, TypeError):
        return {}


def class_names_of(features: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the names of each column of classes, from the features of a Hugging Face data set."""
    return {
        column: tuple(map(str, feature["names"]))
        for column, feature in features.items()
        if isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel" and feature.get("names")
    }


def _declared(field: pa.Field, classes: ClassNames) -> Declared:
    kind = field.type
    if field.name in classes:
        return classes[field.name]
    if pa.types.is_boolean(kind):
        return ("false", "true")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numeric"
    if pa.types.is_temporal(kind):
        return "date"
    plain = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    return None if plain or pa.types.is_null(kind) else str(kind).partition("<")[0]


def _rows(path: Path, tables: Sequence[pa.Table], classes: ClassNames) -> Iterator[Row]:
    number = 0
    for batch in (batch for table in tables for batch in table.to_batches()):
        columns = [_cells(path, field, batch.column(at), classes) for at, field in enumerate(batch.schema)]
        for cells in zip(*columns, strict=True):
            number += 1
            yield Row(number, list(cells))


def _cells(path: Path, field: pa.Field, values: pa.Array, classes: ClassNames) -> list[str]:
    """Return a column as text; what is missing is empty."""
    kind = field.type
    if field.name in classes and pa.types.is_integer(kind):
        return _named(path, field.name, values, classes[field.name])
    if pa.types.is_floating(kind):
        values = pc.if_else(pc.is_nan(values), None, values)
    elif pa.types.is_timestamp(kind):
        values = pc.strftime(values.cast(pa.timestamp("us", kind.tz)), format="%Y-%m-%dT%H:%M:%S")
    elif pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
    try:
        return [cell or "" for cell in values.cast(pa.string()).to_pylist()]
    except pa.ArrowException:
        # Lists, images and the like are no cells; naming such a column for a feature is refused by its type.
        return [""] * len(values)


def _named(path: Path, column: str, values: pa.Array, names: tuple[str, ...]) -> list[str]:
    numbers = values.to_pylist()
    odd = next((one for one in numbers if one is not None and not -1 <= one < len(names)), None)
    if odd is not None:
        raise ValueError(f"{path}: column {column!r}: class {odd} is none of the {len(names)} that have names")
    return ["" if one in (None, -1) else names[one] for one in numbers]
