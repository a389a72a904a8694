"""A process whose first simulation is looked at from outside: what of the process changes, and what reaches the run.

    python first_call.py SCENARIO FOLDER

It prints the digests, one a simulation; it fails where anything of the process is another one than before.
"""

from __future__ import annotations

import decimal
import logging
import os
import random
import signal
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas  # noqa: F401  # what libraries do as they are imported is theirs
import scipy.special  # noqa: F401
import sklearn.datasets  # noqa: F401
import torch

import driftbed as db


def main() -> None:
    file, folder = sys.argv[1:]
    decimal.getcontext().prec = 3
    decimal.getcontext().clear_flags()
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    before = _state()
    _same(before, [_played(file, f"{folder}/first")])
    with ThreadPoolExecutor(2) as pool:
        _same(before, list(pool.map(lambda number: _played(file, f"{folder}/{number}"), range(2))))


def _played(file: str, folder: str) -> str:
    result = db.simulate(file, out=folder)
    result.plot("accuracy")
    return str(result.summary["digest"])


def _same(before: dict[str, Any], digests: list[str]) -> None:
    now = _state()
    changed = [name for name in before if before[name] != now[name]]
    assert not changed, {name: (before[name], now[name]) for name in changed}
    print(*digests, sep="\n")


def _state() -> dict[str, Any]:
    return {
        "torch": (torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()),
        "repeatable": (torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark),
        "draws of torch": torch.get_rng_state().tolist(),
        "draws of numpy": repr(np.random.get_state()),  # noqa: NPY002  # the global one is meant
        "errors of numpy": np.geterr(),
        "draws": random.getstate(),
        "decimal": str(decimal.getcontext()),
        # torch sets one once it optimises.
        "environment": {name: value for name, value in os.environ.items() if name != "TORCHINDUCTOR_CACHE_DIR"},
        "path": list(sys.path),
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "logging": (logging.root.level, list(logging.root.handlers)),
        "warnings": [rule for rule in warnings.filters if not rule[2].__module__.startswith("sympy")],
        "backend": mpl.get_backend(auto_select=False),
        # To look at the backend chooses one.
        "matplotlib": {name: mpl.rcParams[name] for name in mpl.rcParams if name != "backend"},
        "folder": os.getcwd(),
        "hooks": (sys.excepthook, sys.stdout, sys.stderr),
    }


if __name__ == "__main__":
    main()
