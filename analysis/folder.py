"""The plain files of a run folder, and the one error for folders that cannot be read. No pandas here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

STATUSES = ("complete", "running", "partial", "failed")


class RunError(Exception):
    """A run or sweep folder is missing, unfinished or damaged; the message is one line for the user."""


def read_status(folder: Path) -> str:
    """Return the first word of STATUS, or `unknown`."""
    path = folder / "STATUS"
    words = path.read_text(encoding="utf-8", errors="replace").split() if path.is_file() else []
    return words[0] if words and words[0] in STATUSES else "unknown"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; RunError names the file and what is wrong with it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    except json.JSONDecodeError as error:
        raise RunError(f"{path}: no valid JSON (line {error.lineno}: {error.msg})") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: holds a {type(content).__name__}, an object is wanted")
    return content


def read_resolved(path: Path) -> dict[str, Any]:
    """Read `resolved.yaml`, every default written out; empty where there is no such file.

    RunError where it is damaged.
    """
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RunError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    if not isinstance(content, dict):
        raise RunError(f"{path}: holds a {type(content).__name__}, a map is wanted")
    return content
