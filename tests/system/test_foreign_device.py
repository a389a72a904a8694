"""Runs on a device that is not the processor: nothing mixes, and all that is counted is what the processor counts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded_orders
import torch
import yaml
from foreign_device import DEVICE, NAME, MixedDevicesError, foreign_device
from run_commands import Run, RunScenario, scenario_of
from same_samples import assert_alike

from agents import metrics
from agents.build import draw_blueprint
from agents.contract import BackendError
from agents.methods.base import CHUNK
from agents.methods.persona.method import _TOGETHER
from agents.orders import Kind, Orders
from agents.pools.inline import InlinePool
from sim.run.fleet_spec import fleet_spec
from sim.run.resume import resume_in
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions, run_scenario
from sim.scenario import Scenario, load

FEW_STEPS = {"kind": "persona", "steps": 20, "prototypes": 4, "window": 8}
PERSONA = {**FEW_STEPS, "group_steps": 5}
ADAPTERS: dict[str, dict[str, Any]] = {
    "static": {"kind": "static"},
    "cloud_ft": {"kind": "cloud_ft", "steps": 5},
    "cloud_ft from the base": {"kind": "cloud_ft", "steps": 5, "start": "base", "anchor": 0.01},
    "persona": PERSONA,
    "persona across layers": {**PERSONA, "transfer": "gru", "pooling": "gru"},
    "persona by numbers": {**FEW_STEPS, "reply": "number"},
    "persona on the move": {**PERSONA, "brings": "when_changed", "expires": "9 s", "publish_every": 1, "refine": 0.1},
}
NORMAL = ["task.data.history=300", "task.pretrain.epochs=1", "method.trigger={kind: periodic, every: 15 s}"]
#: What ranks items: the data, the model, and the adapter.
CLICKS = {"kind": "synthetic_interactions", "users": 60, "items": 40, "clicks": 10, "negatives": 19}
RANKING = [("din", "cloud_ft"), ("gru4rec", "persona"), ("sasrec", "persona")]
HOW = RunOptions(quiet=True, plugins=True)


@pytest.fixture(autouse=True)
def _one_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let losses be computed in one way everywhere: the kernel of the processor has other last bits."""
    monkeypatch.setattr(metrics, "applies", lambda logits: False)


def there(file: Path, *overrides: str) -> Scenario:
    """Return a scenario that is played on the device; no file can ask for it."""
    scenario = load(file, overrides, allow_plugins=True)
    return scenario.model_copy(update={"execution": scenario.execution.model_copy(update={"device": NAME})})


def play_there(folder: Path, scenario: Scenario, *, eager: bool = False, rounds: bool = False) -> Run:
    """Play a scenario on the device, and check that it did the computing."""
    how = RunOptions(eager=eager, quiet=True, plugins=True)
    with foreign_device(rounds=rounds) as device:
        played = run_scenario(scenario, RunFolder.open(folder), how, lambda windows, marks: {})
    assert device.operations > 20
    return Run(played.folder)


def adapter(name: str) -> str:
    """Return the override that chooses an adapter."""
    return f"method.adapter={ADAPTERS[name]}"


@pytest.fixture
def ranking(tmp_path: Path) -> Path:
    """A scenario in which few users click."""
    content = yaml.safe_load(scenario_of("digits").read_text(encoding="utf-8"))
    content["task"] = {"data": CLICKS, "model": "din", "pretrain": {"epochs": 1}}
    del content["drift"]
    file = tmp_path / "ranking.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ADAPTERS)
def test_with_features_in_a_table_counts_are_the_same(play: RunScenario, tmp_path: Path, name: str) -> None:
    chosen = [adapter(name), "method.codec=int8"]
    assert play_there(tmp_path / "run", there(scenario_of("digits"), *chosen)).digest == play("digits", *chosen).digest


@pytest.mark.parametrize("name", ["cloud_ft", "persona"])
@pytest.mark.parametrize("model", ["logistic", "mlp"])
def test_with_samples_drawn_anew_counts_are_the_same(play: RunScenario, tmp_path: Path, name: str, model: str) -> None:
    chosen = [*NORMAL, adapter(name), f"task.model={model}"]
    assert (
        play_there(tmp_path / "run", there(scenario_of("gaussians"), *chosen)).digest
        == play("gaussians", *chosen).digest
    )


@pytest.mark.parametrize(("model", "name"), RANKING)
def test_rankings_are_the_same(play: RunScenario, tmp_path: Path, ranking: Path, model: str, name: str) -> None:
    chosen = [f"task.model={model}", adapter(name)]
    whole = play(yaml.safe_load(ranking.read_text(encoding="utf-8")), *chosen)
    assert play_there(tmp_path / "run", there(ranking, *chosen)).digest == whole.digest


def test_a_log_of_clicks_is_the_same(play: RunScenario, tmp_path: Path, ranking: Path) -> None:
    log = tmp_path / "clicks.dat"
    clicks = [(user, user % 5 * 10 + step * step % 17, 60 * step + user) for user in range(30) for step in range(1, 40)]
    log.write_text("".join(f"{user}::{item}::5::{at_s}\n" for user, item, at_s in clicks))
    data = {"kind": "interactions", "path": str(log), "core": 2, "negatives": 9, "history": "60 %"}
    chosen = [f"task.data={data}", adapter("cloud_ft"), "fleet.0.samples={arrivals: recorded}", "fleet.0.devices=20"]
    whole = play(yaml.safe_load(ranking.read_text(encoding="utf-8")), *chosen)
    assert play_there(tmp_path / "run", there(ranking, *chosen)).digest == whole.digest


def test_eager_play_is_the_same_and_all_batches_have_one_shape_however_many_samples_there_are(
    play: RunScenario, tmp_path: Path
) -> None:
    scenario, digests = there(scenario_of("digits"), adapter("persona")), set()
    with foreign_device() as device:
        for eager in (False, True):
            how, folder = replace(HOW, eager=eager), RunFolder.open(tmp_path / f"eager-{eager}")
            digests.add(run_scenario(scenario, folder, how, lambda windows, marks: {}).summary["digest"])
    assert digests == {play("digits", adapter("persona")).digest}
    # Samples to predict, windows to encode, and windows to edit: each have one shape, however many there are.
    assert len({width for _, width in device.batches}) == 2
    assert {rows for rows, width in device.batches if width < 96} == {CHUNK, _TOGETHER}
    assert len([rows for rows, width in device.batches if width == 96]) == 1


@pytest.mark.parametrize("name", ["cloud_ft", "persona across layers", "persona by numbers"])
def test_a_device_that_rounds_in_its_own_way_is_as_close_as_promised(
    play: RunScenario, tmp_path: Path, name: str
) -> None:
    some = play_there(tmp_path / "run", there(scenario_of("digits"), adapter(name)), rounds=True)
    assert_alike(some, play("digits", adapter(name)))


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Path]:
    """What a kill after four ticks would leave of the run in ``tmp_path / "whole"``."""

    def copy(over: int) -> None:
        if over == 4:
            shutil.copytree(tmp_path / "whole", tmp_path / "killed")

    recorded_orders.WATCHERS.append(copy)
    yield tmp_path / "killed"
    recorded_orders.WATCHERS.clear()


#: A checkpoint after every tick, messages under way at each of them.
CUT = [*NORMAL, "links.lte={up: 3 kbit/s, down: 3 kbit/s}", "execution.checkpoint=1 us", adapter("persona")]


@pytest.mark.parametrize("begun_there", [True, False])
def test_a_run_goes_on_where_it_began_and_nowhere_else(tmp_path: Path, copied: Path, begun_there: bool) -> None:
    overrides = [*CUT, "method.trigger={kind: 'recorded_orders:Watched'}"]
    here = load(scenario_of("gaussians"), overrides, allow_plugins=True)
    kinds = {True: there(scenario_of("gaussians"), *overrides), False: here}
    with foreign_device():
        whole = run_scenario(kinds[begun_there], RunFolder.open(tmp_path / "whole"), HOW, lambda windows, marks: {})
        recorded_orders.WATCHERS.clear()
        with pytest.raises(BackendError, match=r"^the run began on \w+, and this is \w+: another kind of device"):
            resume_in(RunFolder.reopen(copied), kinds[not begun_there], HOW, lambda windows, marks: {})
        again = resume_in(RunFolder.reopen(copied), kinds[begun_there], HOW, lambda windows, marks: {})
    assert "live from tick 5" in (copied / "run.log").read_text(encoding="utf-8")
    assert again.summary["digest"] == whole.summary["digest"]


def test_what_is_sent_and_what_is_kept_is_on_the_processor() -> None:
    spec = replace(fleet_spec(load(scenario_of("digits"), [adapter("persona")]), ()), device=NAME)
    with foreign_device():
        blueprint = draw_blueprint(spec)
        pool, cloud = InlinePool(blueprint.layout, blueprint.build()), blueprint.cloud_half()
        assert pool.device_name() == cloud.device_name() == DEVICE.type
        ticket = np.arange(3)
        parts = pool.collect(Orders.of([(Kind.COLLECT, one, one + 4, 9.0) for one in ticket]))
        cloud.take(parts)
        cloud.adapt(ticket, ticket)
        kept = [cloud.checkpoint(), *pool.checkpoint()]
        sent = [part.payload for part in parts] + [cloud.take_updates(ticket)]
    assert {type(values) for message in sent for values in message.values()} == {torch.Tensor}
    assert {type(values) for part in kept for values in part.values()} == {np.ndarray}


def test_the_device_is_as_strict_as_one() -> None:
    ours = torch.arange(6.0).view(2, 3)
    with foreign_device():
        theirs = ours.to(DEVICE)
        with pytest.raises(MixedDevicesError, match="on ipu:0 and cpu"):
            theirs + ours
        with pytest.raises(MixedDevicesError, match="on ipu:0 and cpu"):
            theirs[torch.tensor([1])]
        with pytest.raises(MixedDevicesError, match="is no array"):
            theirs.numpy()
        theirs += 1.0
        assert torch.equal(theirs.cpu(), ours + 1.0)
        assert (theirs + torch.ones(2, 3, device=theirs.device)).device == DEVICE
