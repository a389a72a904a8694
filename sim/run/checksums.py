"""SHA256SUMS of a run folder: what the run wrote, so that readers notice what was changed since (``sha256sum -c``)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from agents.tabular.packed import open_plain

FILE = "SHA256SUMS"
#: Files that a finished run answers for.
RESULTS = ("*.parquet", "*.json", "*.yaml")
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\\]+)")
_PART = 1 << 22
#: No text that a run writes is as long.
_LONGEST = 1 << 28


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a text file that holds ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file; ValueError if it is no plain one."""
    sha = hashlib.sha256()
    with open_plain(path) as file:
        while part := file.read(_PART):
            sha.update(part)
    return sha.hexdigest()


def written_text(path: Path) -> str:
    """Return a text that a run wrote.

    Raises:
        OSError: it cannot be opened.
        ValueError: a pipe, a device or a folder, no text, or one that is far too long.
    """
    with open_plain(path) as file:
        raw = file.read(_LONGEST)
    if len(raw) == _LONGEST:
        raise ValueError(f"{path}: is longer than any text that a run writes")
    return raw.decode("utf-8")


def lines(digests: Mapping[str, Iterable[str]]) -> str:
    """Return the text of the sums; a file may have several, any of which it may be."""
    return "".join(f"{digest}  {name}\n" for name, some in sorted(digests.items()) for digest in some)


def sums_of_results(folder: Path) -> str:
    """Return the sums of all results in a folder."""
    found = sorted({path for pattern in RESULTS for path in folder.glob(pattern) if path.is_file()})
    return lines({path.name: [digest_of_file(path)] for path in found if not path.name.startswith(".")})


def changed(folder: Path, names: Iterable[str]) -> list[str]:
    """Return those of some files of a folder that are gone or not what was written; without sums, none is known to be.

    Raises:
        OSError: one cannot be read.
    """
    if not os.path.lexists(folder / FILE):
        return []
    sums: dict[str, set[str]] = {}
    try:
        text = written_text(folder / FILE)
    except (OSError, ValueError):
        return [FILE]
    for line in text.splitlines():
        if (match := _LINE.fullmatch(line)) is None:
            return [FILE]
        sums.setdefault(match[2], set()).add(match[1])
    return [name for name in names if name in sums and _digest(folder / name) not in sums[name]]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, empty where no plain file is."""
    if not path.is_file():
        return ""
    try:
        return digest_of_file(path)
    except ValueError:
        return ""
