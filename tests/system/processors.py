"""Plays small scenarios in a process of its own and prints their digests: the same machine, made to look like others.

Usage: python processors.py FOLDER WORKERS CASE...; prints a JSON object, case -> way of running -> digest. Libraries
read which instructions they may use from the environment when they are loaded, so that each setting is a process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

#: Processors that this one can be made to look like: of MKL, oneDNN, ATen (torch), numba and numpy.
SETTINGS: dict[str, dict[str, str]] = {
    "as it is": {},
    "sse": {
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "ATEN_CPU_CAPABILITY": "default",
        "NUMBA_CPU_NAME": "nehalem",
        "NUMBA_CPU_FEATURES": "",
    },
    "avx2": {
        "MKL_CBWR": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma",
    },
    "avx2, strict": {"MKL_CBWR": "AVX2,STRICT", "ATEN_CPU_CAPABILITY": "avx2"},
    "sse4.2": {"MKL_CBWR": "SSE4_2", "ATEN_CPU_CAPABILITY": "default"},
    "avx512": {"MKL_CBWR": "AVX512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "ATEN_CPU_CAPABILITY": "avx512"},
}

#: A stream whose samples are drawn as they come, of any number of inputs or of small images.
STREAM = """
import numpy as np
from agents.tasks.custom.stream import CustomStream


class Tides(CustomStream):
    transforms = {"shift": 0.0}

    def __init__(self, inputs=1, classes=2):
        self.inputs, self.classes = tuple(np.atleast_1d(inputs).tolist()), classes

    def history(self, rng):
        y = rng.integers(0, self.classes, 300)
        return self._around(y, rng), y

    def chunk(self, block, k, rng):
        y = rng.integers(0, self.classes, block.shape)
        x = self._around(y, rng) + block.strength["shift"].reshape(*block.shape, *[1] * len(self.inputs))
        return x, y, y

    def _around(self, y, rng):
        x = rng.normal(size=(*y.shape, *self.inputs))
        x[..., 0] += 2.0 * y.reshape(*y.shape, *[1] * (len(self.inputs) - 1))
        return x
"""


def world(model: Any, data: Any, adapter: Any, devices: int = 7, **changed: Any) -> dict[str, Any]:
    """Return a small scenario."""
    lists = isinstance(data, dict) and data["kind"] == "synthetic_interactions"
    drift = {"interest": 1} if lists else {"shift": 1.5} if data["kind"] == "mine:Tides" else {"rotate": "90 deg"}
    return {
        "version": 1,
        "seed": 5,
        "duration": "40 s",
        "tick": "8 s",
        "task": {"data": data, "model": model, "pretrain": {"epochs": 1}},
        "fleet": [
            {
                "cohort": "buoys",
                "devices": devices,
                "samples": {"every": "1 s"},
                "labels": {"share": "60 %", "after": "2 s"},
                "link": "radio",
            }
        ],
        "drift": [{"at": "15 s", "kind": "sudden", "to": drift}],
        "links": {"radio": {"up": "100 kbit/s", "down": "100 kbit/s", "latency": "50 ms", "jitter": "900 ms"}},
        "method": {"adapter": adapter, "trigger": {"kind": "poisson", "rate": "8 /min"}},
        **changed,
    }


def tides(*inputs: int, classes: int = 2) -> dict[str, Any]:
    """Return the data of the stream above."""
    return {"kind": "mine:Tides", "inputs": list(inputs), "classes": classes}


def mlp(*hidden: int, layers: int = 2, activation: str = "tanh") -> dict[str, Any]:
    """Return a perceptron."""
    return {"kind": "mlp", "hidden": list(hidden), "layers": layers, "activation": activation}


_FT = {"kind": "cloud_ft", "window": 8, "steps": 3}
_PERSONA = {"kind": "persona", "window": 5, "steps": 4, "group_steps": 5, "prototypes": 3}
_LISTS = {"kind": "synthetic_interactions", "users": 60, "items": 110}
_DIGITS = {"kind": "digits"}
_TINY = {"kind": "mobilenet_v3_small", "width": 0.1, "hidden": 16}

CASES: dict[str, dict[str, Any]] = {
    "one input": world("logistic", tides(1), _FT),
    "one input, many devices": world("logistic", tides(1), "static", devices=257, duration="16 s"),
    "one of everything": world(mlp(1, 1, layers=1), tides(1, classes=2), _FT) | {"seed": 6},
    "odd sizes": world(mlp(5, 7), tides(3, classes=5), _FT),
    "wide": world(mlp(33, 70, activation="relu"), tides(19, classes=20), {**_FT, "anchor": 0.1}),
    "digits, persona": world(mlp(16, 16), _DIGITS, _PERSONA),
    "digits, recurrent persona": world(mlp(8, layers=1), _DIGITS, {**_PERSONA, "transfer": "gru", "pooling": "gru"}),
    "gaussians": world(mlp(6, layers=1), {"kind": "gaussians", "history": 300}, _PERSONA),
    "cnn": world({"kind": "cnn", "channels": [4, 8], "hidden": [16, 16]}, tides(1, 8, 8), _FT, duration="16 s"),
    "mobilenet": world(_TINY, tides(3, 8, 8), _FT, devices=3, duration="16 s"),
    "gru4rec": world("gru4rec", _LISTS, _FT, duration="24 s"),
    "sasrec": world("sasrec", _LISTS, _PERSONA, duration="24 s"),
    "din": world("din", _LISTS, _FT, duration="24 s"),
}


def digests(folder: Path, setting: str, *cases: str, workers: int = 0) -> dict[str, dict[str, str]]:
    """Play ``cases`` under a setting, lazily, eagerly and with 1 to ``workers`` workers; case -> way -> digest."""
    command = [sys.executable, __file__, str(folder), str(workers), *cases]
    environment = (
        os.environ
        | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]), "OMP_NUM_THREADS": "1"}
        | SETTINGS[setting]
    )
    reported = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=800)
    assert reported.returncode == 0, reported.stderr[-3000:]
    printed: dict[str, dict[str, str]] = json.loads(reported.stdout.splitlines()[-1])
    return printed


def _digest(file: Path, folder: Path, eager: bool, workers: int) -> str:
    from sim.run.run_folder import RunFolder
    from sim.run.run_scenario import RunOptions, run_scenario
    from sim.scenario import load

    how = RunOptions(quiet=True, eager=eager, workers=workers)
    run = run_scenario(
        load(file, (), allow_plugins=True), RunFolder.open(folder, force=True), how, lambda windows, marks: {}
    )
    return str(json.loads((run.folder / "summary.json").read_text(encoding="utf-8"))["digest"])


def _play(folder: Path, workers: int, cases: list[str]) -> dict[str, dict[str, str]]:
    import yaml

    (folder / "mine.py").write_text(STREAM, encoding="utf-8")
    found = {}
    for case in cases:
        file = folder / "scenario.yaml"
        file.write_text(yaml.safe_dump(CASES[case]), encoding="utf-8")
        ways = {"lazy": (False, 0), "eager": (True, 0)}
        ways |= {f"{number} workers": (False, number) for number in range(1, workers + 1)}
        found[case] = {way: _digest(file, folder / "run", *how) for way, how in ways.items()}
    return found


if __name__ == "__main__":
    print(json.dumps(_play(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))
