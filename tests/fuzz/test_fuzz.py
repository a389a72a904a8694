"""Any bytes are read or refused in planned words: those that once failed, those that are almost right, and new ones."""

from __future__ import annotations

import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz_seeds import SEEDS
from fuzz_targets import TARGETS

HERE = Path(__file__).resolve().parent
FOUND = sorted((HERE / "corpus").glob("*/*"))
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("file", FOUND, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_failed_once_is_read_or_refused(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_and_their_neighbours_are_read_or_refused(target: str) -> None:
    draw = random.Random(target)
    for seed in SEEDS[target][:10]:
        TARGETS[target](seed)
        changed = bytearray(seed)
        for _ in range(3):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        TARGETS[target](bytes(changed))


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="the extra fuzz is not installed")
@pytest.mark.parametrize("target", TARGETS)
def test_twenty_seconds_of_fuzzing_find_nothing(target: str, tmp_path: Path) -> None:
    words = [sys.executable, str(HERE / "fuzz.py"), target, "-max_total_time=20"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=250)
    assert done.returncode == 0, done.stderr[-3000:]
