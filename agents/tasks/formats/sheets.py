"""Every format of tables behind one door: the content of a file, not its name, shows what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agents.tabular.delimited import delimited_sheet
from agents.tabular.json_table import is_json, json_sheet
from agents.tabular.sheet import Opened, Sheet, open_lines
from agents.tabular.spelling import PLAIN, Spelling
from agents.tasks.formats.arff import arff_sheet, is_arff
from agents.tasks.formats.arrow_table import arrow_sheet, is_arrow, is_parquet
from agents.tasks.formats.data_folders import huggingface_sheet, openml_sheet
from agents.tasks.formats.libsvm import is_libsvm, libsvm_sheet


class TextForm(NamedTuple):
    """What a scenario says of a table that is text."""

    delimiter: str | None = None
    header: bool | None = None
    spelling: Spelling = PLAIN
    skip: int = 0


def opened_sheet(
    path: Path, wanted: str | None = None, text: TextForm | None = None, split: str | None = None
) -> Sheet:
    """Return the sheet of a file or folder, in the format that is wanted; without one, in that which it has.

    Raises:
        ValueError: another format, or any fault of its reader; it names the file.
    """
    form = text or TextForm()
    if wanted == "huggingface":
        return huggingface_sheet(path, split)
    if wanted == "openml":
        return openml_sheet(path)
    found = format_of(path, form)
    if wanted is not None and wanted != found and not (wanted == "csv" and found == "libsvm"):
        raise ValueError(f"{path}: is no {FORMATS[wanted]} but {FORMATS[found]}; write 'kind: {found}', or 'table'")
    return _OPENERS[wanted or found](path, form)


def format_of(path: Path, form: TextForm) -> str:
    """Return the format of a file.

    Raises:
        ValueError: a folder, or a file that cannot be read.
    """
    if path.is_dir():
        if (path / "description.xml").is_file():
            return "openml"
        if any(path.rglob("*.parquet")) or any(path.rglob("*.arrow")):
            return "huggingface"
        raise ValueError(f"{path}: is a folder; name a table in it")
    if is_parquet(path):
        return "parquet"
    if is_arrow(path):
        return "frame"
    opened = open_lines(path, form.skip)
    return next((name for name, says in _TEXTS.items() if says(opened, form)), "csv")


def _lines(path: Path, form: TextForm) -> Opened:
    return open_lines(path, form.skip)


#: Format of text -> whether it is that, in this order.
_TEXTS: dict[str, Callable[[Opened, TextForm], bool]] = {
    "arff": lambda opened, form: is_arff(opened),
    "json": lambda opened, form: is_json(opened),
    "libsvm": lambda opened, form: form.delimiter is None and is_libsvm(opened),
}
#: Format -> what messages call it.
FORMATS: dict[str, str] = {
    "csv": "text in columns",
    "arff": "ARFF file",
    "libsvm": "LIBSVM file",
    "json": "JSON file",
    "parquet": "Parquet file",
    "frame": "Arrow file",
    "openml": "folder of OpenML",
    "huggingface": "folder of Hugging Face",
}
_OPENERS: dict[str, Callable[[Path, TextForm], Sheet]] = {
    "csv": lambda path, form: delimited_sheet(path, _lines(path, form), form.delimiter, form.header, form.spelling),
    "arff": lambda path, form: arff_sheet(path, _lines(path, form)),
    "libsvm": lambda path, form: libsvm_sheet(path, form.skip),
    "json": lambda path, form: json_sheet(path, _lines(path, form)),
    "parquet": lambda path, form: arrow_sheet(path, [path]),
    "frame": lambda path, form: arrow_sheet(path, [path]),
    "openml": lambda path, form: openml_sheet(path),
    "huggingface": lambda path, form: huggingface_sheet(path),
}
