"""Which processor this is: results of learning runs may differ in their last bits between kinds of processors."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

_CPUINFO = Path("/proc/cpuinfo")
#: Instructions that numerical libraries choose by, as Linux names them (of x86 and ARM).
_INSTRUCTIONS = (
    "sse4_2",
    "avx",
    "fma",
    "avx2",
    "avx512f",
    "avx512vl",
    "avx512_bf16",
    "amx_tile",
    "asimd",
    "sve",
    "sve2",
)


def processor() -> dict[str, Any]:
    """Return the model name and the instruction sets that numerical libraries choose by, as far as Linux says."""
    facts = _facts()
    flags = set(facts.get("flags", facts.get("Features", "")).split())
    model = facts.get("model name") or platform.processor() or platform.machine()
    return {
        "model": model,
        "machine": platform.machine(),
        "instructions": [one for one in _INSTRUCTIONS if one in flags],
    }


def _facts() -> dict[str, str]:
    try:
        first = _CPUINFO.read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}
