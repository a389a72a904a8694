"""IntellectReq's gate in a run: what it asks on a stationary stream; always and never are what they say."""

from __future__ import annotations

from pathlib import Path

from run_commands import Run, play_file

DEVICES, TICKS, WARM = 40, 60, 10
SCENARIO = """\
version: 1
seed: 4
duration: 600 s
tick: 10 s
task: {{data: digits, model: {{kind: mlp, hidden: [32, 32], layers: 2}}, pretrain: {{epochs: 5, restarts: 1}}}}
fleet: [{{cohort: phones, devices: 40, samples: {{every: 2 s}}, link: lte}}]
links: {{lte: {{up: 1 Gbit/s, down: 1 Gbit/s}}}}
cloud: {{service: 0 s}}
method:
  adapter: {{kind: intellectreq, around: {{kind: duet, steps: 20}}, by: {by}}}
  trigger: {{kind: gate, {gate}}}
references: [static]
"""


def played(folder: Path, by: str, gate: str, *overrides: str) -> Run:
    folder.mkdir(exist_ok=True)
    file = folder / "gated.yaml"
    learnt = "" if by == "random" else ", pairs: 512, steps: 40"
    file.write_text(SCENARIO.format(by=by + learnt, gate=gate), "utf-8")
    return play_file(file, folder / "run", overrides)


def test_a_quantile_keeps_its_share_of_all_moments(tmp_path: Path) -> None:
    asked = played(tmp_path, "random", "quantile: 0.8").exchanges["requested_s"]
    late = (asked > WARM * 10.0).sum()
    assert abs(late / (DEVICES * (TICKS - WARM)) - 0.2) < 0.01


def test_a_gate_that_answers_move_asks_less_often_than_its_quantile_and_still_asks(tmp_path: Path) -> None:
    # What is answered falls below the values that the quantile is taken over: the share is an upper bound.
    asked = played(tmp_path, "both", "quantile: 0.8").exchanges["requested_s"]
    late = (asked > WARM * 10.0).sum() / (DEVICES * (TICKS - WARM))
    assert 0.1 < late < 0.21


def test_a_gate_that_is_always_open_asks_at_every_tick_whatever_it_goes_by(tmp_path: Path) -> None:
    both, chance = (played(tmp_path / by, by, "threshold: -1") for by in ("both", "random"))
    for run in (both, chance):
        per_device = [(run.exchanges["device"] == device).sum() for device in range(DEVICES)]
        assert min(per_device) >= TICKS - 2
    assert both.windows["correct"].tolist() == chance.windows["correct"].tolist()


def test_a_gate_that_never_opens_leaves_the_base(tmp_path: Path) -> None:
    # A device that was never answered asks at once, whatever the threshold: what it asks for must not come.
    run = played(tmp_path, "both", "threshold: 2", "links.lte={up: 0 bit/s, down: 0 bit/s}")
    assert run.windows["correct"].tolist() == run.windows["correct_static"].tolist()
    answered = played(tmp_path / "live", "both", "threshold: 2").exchanges
    assert [(answered["device"] == device).sum() for device in range(DEVICES)] == [1] * DEVICES


def test_with_a_trigger_of_its_own_a_gate_changes_nothing_of_its_adapter(tmp_path: Path) -> None:
    always, plain = "method.trigger={kind: periodic, every: 8 s}", "method.adapter={kind: duet, steps: 20}"
    gated = played(tmp_path / "gated", "both", "threshold: 0", always)
    alone = played(tmp_path / "alone", "both", "threshold: 0", always, plain)
    assert gated.windows["correct"].tolist() == alone.windows["correct"].tolist()
    assert gated.windows["correct"].tolist() != gated.windows["correct_static"].tolist()
    assert gated.exchanges["installed_s"].tolist() == alone.exchanges["installed_s"].tolist()


def test_a_gate_that_is_never_asked_is_static_over_a_live_link(tmp_path: Path) -> None:
    run = played(tmp_path, "both", "threshold: 0", "method.trigger=never")
    assert run.windows["correct"].tolist() == run.windows["correct_static"].tolist()
    assert not len(run.exchanges["device"])
