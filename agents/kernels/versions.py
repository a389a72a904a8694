"""Which kernels compute here: for the record of a run."""

from __future__ import annotations

import os
import re

import llvmlite
import numba
import torch
from llvmlite import binding

#: Settings of the environment that choose instructions, of MKL, oneDNN, torch, numba and numpy.
SETTINGS = (
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "ATEN_CPU_CAPABILITY",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "NPY_DISABLE_CPU_FEATURES",
)


def kernels() -> dict[str, str]:
    """Return versions and modes of what computes: our kernels (numba, LLVM), and torch's (MKL, oneDNN)."""
    config = torch.__config__.show()
    found = {
        "order": "fixed",
        "numba": f"{numba.__version__} (llvmlite {llvmlite.__version__})",
        "compiled_for": os.environ.get("NUMBA_CPU_NAME") or binding.get_host_cpu_name(),
        "mkl": _version(config, r"Math Kernel Library Version ([^ ]+)"),
        "onednn": _version(config, r"MKL-DNN v([^ ]+)"),
        "torch_instructions": torch.backends.cpu.get_cpu_capability(),
    }
    return found | {name: os.environ[name] for name in SETTINGS if name in os.environ}


def _version(config: str, pattern: str) -> str:
    match = re.search(pattern, config)
    return match.group(1) if match else "none"
