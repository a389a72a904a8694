"""Each system of the family on its ten lines: messages flow, a dead link leaves the base, one digest however played."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_commands import ROOT, play_file

FOLDER = ROOT / "scenarios" / "family"
#: Scenarios without a sweep: one system each.
FILES = [file for file in sorted(FOLDER.glob("*.yaml")) if "\nsweep:" not in file.read_text()]
SHORT = ("duration=100 s", "fleet.0.devices=5", "task.pretrain.epochs=2", "drift=[]", "references=[static]")
#: Options that prepare quickly, beside those of a scenario.
QUICK = {
    "persona": ("method.adapter={kind: persona, steps: 20, group_steps: 5, prototypes: 4}",),
    "duet": ("method.adapter={kind: duet, steps: 20}",),
    "metanetwork": ("method.adapter={kind: metanetwork, steps: 20}",),
    "dpu": (),
    "lsc4rec": ("method.adapter={kind: lsc4rec, steps: 5}", "references=[static]"),
    "intellectreq": (
        "method.adapter={kind: intellectreq, around: {kind: duet, steps: 20}, pairs: 128, steps: 20}",
        "method.trigger={kind: gate, threshold: 0.2}",
    ),
    "solid": ("method.adapter={kind: solid, codes: 256, steps: 20}",),
    "cdc_mmpg": ("method.adapter={kind: cdc_mmpg, steps: 20}",),
    "apg": ("method.adapter={kind: apg, steps: 20}",),
}


def short(file: Path) -> tuple[str, ...]:
    return (*SHORT, *QUICK[file.stem])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_request_is_answered_and_installed(file: Path, tmp_path: Path) -> None:
    run = play_file(file, tmp_path / "run", short(file))
    asked = run.exchanges
    # A gate asks once for each device, and again where it sees cause.
    assert len(asked["outcome"]) >= 8
    assert set(asked["outcome"].astype(str)) == {"installed"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_link_without_bandwidth_leaves_the_base(file: Path, tmp_path: Path) -> None:
    dead = "links={lte: {up: 1 bit/s, down: 1 bit/s}}"
    run = play_file(file, tmp_path / "run", (*short(file), dead))
    devices = run.table("devices")
    assert run.summary["installed"] == 0 or file.stem == "dpu"
    assert (devices["correct"] == devices["correct_static"]).all()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_settled_at_once_or_late_it_is_one_digest(file: Path, tmp_path: Path) -> None:
    lazy = play_file(file, tmp_path / "lazy", short(file))
    assert play_file(file, tmp_path / "eager", short(file), eager=True).digest == lazy.digest
