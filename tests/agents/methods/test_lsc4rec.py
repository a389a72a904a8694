"""LSC4Rec: lists of a large recommender, ranked by the rules of the paper; what disagrees is asked for again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from quick_methods import QUICK, whose

from agents.codecs.base import roundtrip
from agents.conformance.methods import (
    CLICKS,
    DEVICES,
    ITEMS,
    OfRaw,
    Subject,
    ranked_history,
    ranked_net,
    small_net,
)
from agents.contract.component import OptionError
from agents.methods.base import CloudState
from agents.methods.lsc4rec import options
from agents.methods.lsc4rec.fusion import disagreement, fused
from agents.methods.lsc4rec.large import LargeRecommender, best
from agents.methods.lsc4rec.method import Lsc4Rec
from agents.methods.lsc4rec.past_clicks import sequences
from agents.methods.making import make_method
from agents.methods.recent import Recent
from agents.models.making import make_net
from agents.models.training import initialise, pretrain

COLLABORATIVE = {"training": "collaborative", "collaborative_steps": 5}


def made(**options: Any) -> Lsc4Rec:
    method = make_method("lsc4rec", {**QUICK["lsc4rec"], **options}, "fp32", ranked_net())
    assert isinstance(method, Lsc4Rec)
    return method


def test_the_rules_of_the_paper() -> None:
    rank, share = torch.tensor([1, 2, 51]), torch.tensor([0.95, 0.4, 0.7])
    place = rank / 50
    assert torch.allclose(fused(1, rank, share, 50), -place)
    assert torch.allclose(fused(2, rank, share, 50), 0.5 - place + torch.tensor([0.45, 0.0, 0.0]))
    assert torch.allclose(fused(3, rank, share, 50), share - 0.5 - place)
    assert torch.allclose(fused(4, rank, share, 50), 2 * (share - 0.5) - place)
    assert torch.equal(fused(5, rank, share, 50), share)


def test_disagreement_is_the_mean_distance_of_places() -> None:
    rank, real = torch.arange(4).expand(3, -1), torch.ones(3, 4, dtype=torch.bool)
    scores = torch.tensor([[4.0, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]])
    real[2, 3] = False
    # The same order, the reverse (3 + 1 + 1 + 3 over 4), and one entry that is no item: (4 + 0.3)^2.
    assert torch.allclose(disagreement(rank, scores, real), torch.tensor([16.0, 18.0, 4.3**2]))


def test_no_step_looks_ahead_and_padding_changes_nothing() -> None:
    large, draw = LargeRecommender(ITEMS, 9, 16, 2, 2), torch.Generator().manual_seed(0)
    initialise(large, draw)
    clicks = torch.randint(1, ITEMS + 1, (4, 9), generator=draw)
    with torch.no_grad():
        states = large.eval().states(clicks)
        later = clicks.clone()
        later[:, 6:] = 1
        assert torch.equal(large.states(later)[:, :6], states[:, :6])
        shorter = clicks.clone()
        shorter[:, 5:] = 0
        expected = states[:, 4] @ large.embedding.weight.t()
        assert torch.allclose(large(shorter), expected, atol=1e-5)


def test_the_best_items_come_first_and_none_is_no_item() -> None:
    scores = torch.tensor([[9.0, 1.0, 3.0, 3.0, 2.0]])
    assert best(scores, 4).tolist() == [[2, 3, 4, 1]]


def test_sequences_of_the_past_are_the_clicks_in_order_without_the_newest() -> None:
    subject = Subject(made())
    users = sequences(subject.history.train, CLICKS, 0.25)
    # User 1 goes round the items in steps of two; 6 clicks before the first of 12 decisions, of 18 in all 14 are kept.
    whole = (1 + 2 * (torch.arange(18) - 6)) % ITEMS + 1
    assert users[1].tolist() == whole[:14].tolist()
    assert len(users) == 20


def test_a_large_recommender_learns_how_users_go_on() -> None:
    subject = Subject(made(steps=400, unseen=0.0, history=12, large_width=32, large_layers=2, rate=3e-3))
    method, cloud = subject.method, subject.cloud
    assert isinstance(method, Lsc4Rec)
    users = torch.stack(sequences(subject.history.train, CLICKS, 0.0))
    with torch.no_grad():
        found = best(method._scores(cloud, users[:, :12]), 1)[:, 0]
    assert (found == users[:, 12]).float().mean() > 0.9


def test_a_device_ranks_by_itself_until_a_list_comes_and_then_by_both() -> None:
    subject = Subject(made())
    method, state, x = subject.method, subject.state, subject.inputs()
    alone = method.predict(state, x)
    assert torch.equal(alone, subject.base.head.forward(subject.base.layers, x.features))
    updates = method.adapt(subject.cloud, subject.payloads(), subject.who())[1]
    later = {**state, **method.install(state, updates)}
    logits, listed = method.predict(later, x), updates["list"].long()
    row = int(torch.nonzero(listed.any(1))[0])
    candidate = int(x.raw[row, 0, CLICKS])
    places = torch.nonzero(listed[row] == candidate)
    place = int(places[0]) + 1 if len(places) else listed.shape[1] + 1
    share = torch.sigmoid(alone[row, 0, 0])
    assert logits[row, 0, 0].item() == pytest.approx(float(share - 0.5 - place / listed.shape[1]), abs=1e-6)
    rule5 = Subject(made(fusion=5))
    assert torch.equal(rule5.method.predict(later, x), alone)


def test_a_history_is_the_newest_clicks_put_together() -> None:
    method = made(history=10)
    assert method.window == CLICKS + 1
    clicks = torch.arange(1, 20)
    rows = torch.stack([clicks[first : first + CLICKS] for first in range(method.window)])
    raw = torch.cat([rows, torch.zeros(method.window, 5, dtype=torch.int64)], 1)[None]
    whole = Recent(torch.zeros(0), torch.zeros(1, method.window), torch.tensor([method.window]), raw=raw)
    assert method.history(whole).tolist() == [clicks[2:12].tolist()]
    part = Recent(torch.zeros(0), torch.zeros(1, method.window), torch.tensor([3]), raw=raw)
    assert method.history(part).tolist() == [[*clicks[2:8].tolist(), 0, 0, 0, 0]]


class Noting(Lsc4Rec):
    """Notes what the large recommender is shown."""

    shown: torch.Tensor

    def _scores(self, cloud: CloudState, clicks: torch.Tensor) -> torch.Tensor:
        self.shown = clicks
        return super()._scores(cloud, clicks)


def test_lists_of_the_past_are_made_from_the_newest_clicks_as_those_of_devices_are() -> None:
    method = made(history=3, **COLLABORATIVE)
    method.__class__ = Noting
    assert isinstance(method, Noting)
    past = ranked_history()
    windows = past.train.x[:, :CLICKS]
    # What is oldest is the same everywhere.
    windows[:, :3] = 1
    base = pretrain(past, method.net, {"epochs": 1}, 3)
    method._made(past, base, 3)
    assert {tuple(row) for row in method.shown.tolist()} == {tuple(row) for row in windows[:, 3:].tolist()}
    raw, count = windows[:5, None], torch.ones(5, dtype=torch.int64)
    assert torch.equal(method.history(Recent(torch.zeros(0), torch.zeros(5, 1), count, raw=raw)), windows[:5, 3:])


def test_a_catalogue_of_fewer_items_than_a_list_is_learnt_from_whole() -> None:
    few, past = 12, ranked_history()
    for part in (past.train, past.validation):
        part.x.sub_(1).remainder_(few).add_(1)
    net = make_net("gru4rec", (CLICKS + 5,), 5, {}, {"items": few, "window": CLICKS})
    method = make_method("lsc4rec", {**QUICK["lsc4rec"], **COLLABORATIVE}, "fp32", net)
    cloud = method.prepare(past, pretrain(past, net, {"epochs": 1}, 3), 3)
    assert torch.isfinite(cloud["head"]).all()


@pytest.mark.parametrize("training", [{}, COLLABORATIVE], ids=["independent", "collaborative"])
def test_one_by_one_is_many_at_once_and_state_survives(training: dict[str, Any]) -> None:
    subject = Subject(made(**training))
    method, cloud, window = subject.method, subject.cloud, subject.recent()
    payloads = method.collect(subject.state, window)[1]
    updates = method.adapt(cloud, payloads, whose(DEVICES))[1]
    later = {
        **subject.state,
        **method.install(subject.state, roundtrip(method.update_codec, method.update_fields, updates)),
    }
    gates = method.gate(later, window)
    for row in range(DEVICES):
        some = slice(row, row + 1)
        one = method.adapt(cloud, {name: values[some] for name, values in payloads.items()}, whose(1))[1]
        assert torch.equal(one["list"], updates["list"][some])
        own = Recent(window.features[some], window.label[some], window.count[some], raw=window.raw[some])
        assert torch.equal(method.gate({name: values[some] for name, values in later.items()}, own), gates[some])
    x = subject.inputs()
    logits = method.predict(later, x)
    own_x = OfRaw(x.features[4:5], x.raw[4:5])
    assert torch.equal(method.predict({name: values[4:5] for name, values in later.items()}, own_x), logits[4:5])


def test_what_does_not_rank_is_refused() -> None:
    with pytest.raises(ValueError, match="'lsc4rec' ranks items; 'mlp' does not"):
        make_method("lsc4rec", {}, "fp32", small_net())
    with pytest.raises(ValueError, match="candidates: 50 is more than there are items: 20"):
        make_method("lsc4rec", {}, "fp32", ranked_net())


@pytest.mark.parametrize("name", ["din", "gru4rec", "sasrec"])
def test_what_a_recommender_computes_is_counted(name: str) -> None:
    net = make_net(name, (CLICKS + 5,), 5, {}, {"items": ITEMS, "window": CLICKS})
    costs = make_method("lsc4rec", QUICK["lsc4rec"], "fp32", net).costs
    heads = sum(inputs * outputs for inputs, outputs in net.head.sizes)
    rows = 5 if name == "din" else 1
    # Each click and each candidate goes through a layer of 32 by 32 at least, and the head once, or once a candidate.
    assert costs.inference > rows * heads + (CLICKS + 5) * 32 * 32
    assert costs.each > 0


def test_a_t5_without_its_library_is_refused_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"pip install 'driftbed\[llm\]'"):
        options.Lsc4RecOptions(large="t5")
