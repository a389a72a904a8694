"""The plain files of a run folder, and the one error for folders that cannot be read. No pandas here."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

#: What a run wrote, by its SHA-256 (see ``sim.run.checksums``).
SUMS = "SHA256SUMS"
_SUMS = re.compile(r"(?:[0-9a-f]{64}  [^/\\\x00\n]+\n)*")
#: No text that a run writes is as long.
_LONGEST = 1 << 28
STATUSES = ("complete", "running", "partial", "failed")


class RunError(Exception):
    """A run or sweep folder is missing, unfinished or damaged; the message is one line for the user."""


def require_known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Raise RunError, with the nearest name or all there are, for a name that is not known."""
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(known)}"
            raise RunError(f"there is no {what} '{name}'; {hint}")


def read_status(folder: Path) -> str:
    """Return the first word of STATUS, or `unknown`."""
    path = folder / "STATUS"
    try:
        words = read_text(path).split() if path.is_file() else []
    except (OSError, ValueError):
        words = []
    return words[0] if words and words[0] in STATUSES else "unknown"


def read_text(path: Path) -> str:
    """Read a text of a run folder; OSError or ValueError where there is none, or one that no run can have written."""
    if not path.is_file() or path.stat().st_size > _LONGEST:
        raise ValueError(f"{path}: no plain file, or longer than any text that a run writes")
    return path.read_text(encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; RunError names the file and what is wrong with it."""
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise RunError(f"{path}: no valid JSON (line {error.lineno}: {error.msg})") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: holds a {type(content).__name__}, an object is wanted")
    return content


def read_labels(path: Path | str | None) -> dict[str, str]:
    """Read a YAML map of names; empty without a file. RunError where it is none."""
    if path is None:
        return {}
    if not Path(path).is_file():
        raise RunError(f"{path}: there is no such file of labels")
    return {str(name): str(label) for name, label in read_resolved(Path(path)).items()}


def read_resolved(path: Path) -> dict[str, Any]:
    """Read `resolved.yaml`, every default written out; empty where there is no such file.

    RunError where it is damaged.
    """
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(read_text(path))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise RunError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: holds a {type(content).__name__}, a map is wanted")
    return content


def require_unchanged(folder: Path) -> None:
    """Check the files of a finished run or sweep against its SHA256SUMS; without them nothing is checked.

    RunError names the first file that is not what was written.
    """
    sums = folder / SUMS
    # A status that says nothing may be that of a finished run, damaged.
    if not os.path.lexists(sums) or read_status(folder) not in ("complete", "unknown"):
        return
    try:
        text = read_text(sums)
    except OSError as error:
        raise RunError(f"{sums}: cannot be read ({error.strerror})") from error
    except ValueError:
        text = "?"
    if _SUMS.fullmatch(text) is None:
        raise RunError(f"{sums}: is damaged; --no-check reads the folder all the same")
    written: dict[str, set[str]] = {}
    for line in text.splitlines():
        written.setdefault(line[66:], set()).add(line[:64])
    for name, digests in written.items():
        path = folder / name
        if not path.is_file():
            raise RunError(f"{path}: missing, and {SUMS} lists it")
        if _digest(path) not in digests:
            raise RunError(f"{path}: is not what the run wrote ({SUMS}); run it again, or read it by --no-check")


def without_sums(folder: Path) -> list[Path]:
    """Return the finished runs in a folder, or below that of a sweep, that have no SHA256SUMS: they are not checked."""
    inside = sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []
    return [one for one in (folder, *inside) if read_status(one) == "complete" and not os.path.lexists(one / SUMS)]


def _digest(path: Path) -> str:
    sha, found = hashlib.sha256(), path.stat()
    if found.st_size > _LONGEST and found.st_blocks * 512 < found.st_size // 100:
        # Almost all of it is a hole, which no run leaves.
        return ""
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 22):
                sha.update(part)
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    return sha.hexdigest()


def point_folder(sweep: Path, name: object) -> Path:
    """Return the folder of a point of a sweep; RunError if it would lie outside the sweep's."""
    inside = str(name)
    if not isinstance(name, str) or inside in ("", ".", "..") or "/" in inside or "\\" in inside or "\0" in inside:
        raise RunError(f"{sweep / 'sweep.json'}: {inside[:80]!r} is no folder within the sweep's own")
    return sweep / inside
