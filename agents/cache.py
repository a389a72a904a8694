"""A cache of trained tensors: the same key is trained once on a machine, and a file is used only if it is whole."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from agents.cache_folder import cache_folder, locked
from agents.contract.seal import UNSEALED, is_whole, seal

_AGENTS = Path(__file__).parent
#: Code that decides what a training run yields: its text is part of every key.
_CODE = ("seeding.py", "codecs", "metrics.py", "kernels", "tasks", "models", "methods")

#: Of the files: those of another one are never looked at.
_FORMAT = 2


def cached(key: Mapping[str, Any], build: Callable[[], dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return what ``build`` returns, from the cache if it was built before with this key and this code.

    A damaged file is built again, with a line on stderr; where nothing can be written, every call builds.
    """
    path = cache_folder() / f"{_name(key)}.safetensors"
    stored = _load(path)
    if stored is None:
        # Points side by side often need the same: the second waits for the first instead of training it again.
        with locked(path.with_suffix(".lock")):
            stored = _load(path, report=True)
            if stored is None:
                stored = {name: value.detach().contiguous() for name, value in build().items()}
                _store(path, stored)
    return stored


def fingerprint(tensors: Iterable[torch.Tensor]) -> str:
    """Return a SHA-256 of shapes, types and values."""
    sha = hashlib.sha256()
    for tensor in tensors:
        sha.update(f"{tuple(tensor.shape)} {tensor.dtype} ".encode())
        sha.update(tensor.detach().contiguous().numpy().tobytes())
    return sha.hexdigest()


def _name(key: Mapping[str, Any]) -> str:
    text = json.dumps({"key": key, "code": _code_version(), "format": _FORMAT}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _code_version() -> str:
    files = [path for part in _CODE for path in sorted([_AGENTS / part, *(_AGENTS / part).rglob("*.py")])]
    sha = hashlib.sha256(torch.__version__.encode())
    for path in files:
        if path.is_file():
            sha.update(path.read_bytes())
    return sha.hexdigest()


def _load(path: Path, *, report: bool = False) -> dict[str, torch.Tensor] | None:
    """Return what a file holds; None if there is none, or it is not what was written for its key."""
    try:
        if not path.exists():
            return None
        if is_whole(path) and _key_in(path) == path.stem:
            loaded: dict[str, torch.Tensor] = load_file(path)
            return loaded
        why = "is damaged"
    except (OSError, SafetensorError) as error:
        why = f"cannot be read ({error})"
    if report:
        print(f"{path} {why}: what it held is computed again", file=sys.stderr)
    return None


def _key_in(path: Path) -> str | None:
    with safe_open(path, framework="np") as file:
        return (file.metadata() or {}).get("key")


def _store(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            beside = Path(folder) / path.name
            save_file(tensors, beside, metadata={"key": path.stem, **UNSEALED})
            seal(beside)
            os.replace(beside, path)
    except (OSError, SafetensorError):
        # A cache that cannot be written costs time, never the run.
        return
