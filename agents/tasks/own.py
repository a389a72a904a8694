"""Where 0.1.0 kept the base class of custom streams: an import from here names the new module."""

from __future__ import annotations

from typing import NoReturn

#: Old name -> where it is now.
_NOW = {"OwnStream": "CustomStream", "Seen": "ChunkRequest"}


def __getattr__(name: str) -> NoReturn:
    now = _NOW.get(name)
    if now is None:
        raise AttributeError(f"module 'agents.tasks.own' has no attribute '{name}'")
    raise ImportError(
        f"'{name}' of agents.tasks.own is called '{now}' since 0.2.0: from agents.tasks.custom.stream import {now}"
    )
