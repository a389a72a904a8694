"""Tables that a library keeps in a folder: Hugging Face's ``datasets``, and the cache of ``openml``.

Neither library is needed to read them: they hold Arrow, Parquet and ARFF files, and say in JSON or XML what is in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from agents.tabular.sheet import Sheet, open_lines
from agents.tasks.formats.arff import arff_sheet
from agents.tasks.formats.arrow_table import arrow_sheet, class_names_of

#: ``train-00000-of-00002.parquet`` is a part of the split ``train``.
_PART = re.compile(r"(?P<split>.+?)-\d{5}-of-\d{5}(?:-[0-9a-f]+)?$")
_MOST_XML = 1 << 22


def huggingface_sheet(path: Path, split: str | None = None) -> Sheet:
    """Return the sheet of one split of a data set that ``save_to_disk`` wrote, or that was copied from the hub.

    Raises:
        ValueError: no data set there, or several splits and none is named; it names the folder.
    """
    if not path.is_dir():
        raise ValueError(f"{path}: is a file; name the folder of the data set")
    splits = huggingface_splits(path)
    if not splits:
        raise ValueError(f"{path}: holds no Parquet or Arrow file; write the set by save_to_disk, or copy it here")
    if split is None and len(splits) > 1:
        raise ValueError(f"{path}: has the splits {', '.join(splits)}; write for example 'split: {next(iter(splits))}'")
    wanted = next(iter(splits)) if split is None else split
    if wanted not in splits:
        raise ValueError(f"{path}: has no split {wanted!r}; there are {', '.join(splits)}")
    files = splits[wanted]
    return arrow_sheet(path, files, _saved_names(files[0].parent))


def huggingface_splits(path: Path) -> dict[str, list[Path]]:
    """Return the files of each split of a folder; ``all`` where none is named."""
    found: dict[str, list[Path]] = {}
    # What openers keep beside the data (cache-*.arrow) is no part of them.
    files = [one for one in path.rglob("*") if one.suffix in (".parquet", ".arrow") and one.name[:6] != "cache-"]
    for file in sorted(files):
        part = _PART.fullmatch(file.stem)
        named = part["split"] if part else file.stem
        split = named if named != "data" and file.suffix == ".parquet" else file.parent.name
        found.setdefault(split if file.parent != path or file.suffix == ".parquet" else "all", []).append(file)
    return found


def _saved_names(folder: Path) -> Mapping[str, tuple[str, ...]]:
    said = folder / "dataset_info.json"
    if not said.is_file():
        return {}
    try:
        return class_names_of(json.loads(said.read_text(encoding="utf-8")).get("features") or {})
    except (ValueError, AttributeError):
        raise ValueError(f"{said}: is no description of a data set") from None


def openml_sheet(path: Path) -> Sheet:
    """Return the sheet of a data set in OpenML's cache.

    Raises:
        ValueError: no data set there; it names the folder.
    """
    files = [*sorted(path.glob("dataset*.pq")), *sorted(path.glob("dataset*.arff"))] if path.is_dir() else []
    if not files:
        raise ValueError(f"{path}: holds no dataset.pq or dataset.arff; name the folder of one set in OpenML's cache")
    is_arff = files[0].suffix == ".arff"
    sheet = arff_sheet(files[0], open_lines(files[0])) if is_arff else arrow_sheet(files[0], files[:1])
    return replace(sheet, path=files[0])


class Described(NamedTuple):
    """Which column a data set names as its target, and which ones are no features."""

    target: str | None = None
    ignore: tuple[str, ...] = ()


def openml_target(folder: Path) -> Described:
    """Return what ``description.xml`` says; nothing where there is none.

    Raises:
        ValueError: no description; it names the file.
    """
    path = folder / "description.xml"
    if not path.is_file():
        return Described()
    text = path.read_text(encoding="utf-8")[:_MOST_XML]
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(f"{path}: declares a document type; a description by OpenML does not")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: is no XML: {error}") from None
    said: dict[str, list[str]] = {}
    for one in root:
        said.setdefault(one.tag.rpartition("}")[2], []).extend((one.text or "").strip().split(","))
    target = next(iter(said.get("default_target_attribute", [])), None)
    apart = [*said.get("row_id_attribute", []), *said.get("ignore_attribute", [])]
    return Described(target, tuple(name for name in apart if name not in ("", target)))
