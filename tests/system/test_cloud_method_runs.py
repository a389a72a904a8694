"""Every scenario of ``scenarios/assisted`` plays short: it is a few lines, updates are installed, and one digest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from run_commands import ROOT, play_file

FILES = sorted((ROOT / "scenarios" / "assisted").glob("*.yaml"))
SHORT = ("duration=3 min", "fleet.0.devices=5", "drift=[]", "task.pretrain.epochs=2")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_updates_come_down_lazily_as_eagerly(file: Path, tmp_path: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 20
    assert any(line.startswith("# Look at") for line in lines)
    run = play_file(file, tmp_path / "run", SHORT)
    came = (run.exchanges["outcome"] == "installed") & (run.exchanges["down_bytes"] > 0)
    assert np.count_nonzero(came) >= 20
    other = play_file(file, tmp_path / "other", SHORT, eager=True)
    assert other.digest == run.digest
