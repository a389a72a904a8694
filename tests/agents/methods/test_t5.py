"""The T5 in the place of the large recommender; needs the extra ``llm``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from quick_methods import QUICK, whose

from agents.conformance.methods import CLICKS, DEVICES, ITEMS, Subject, ranked_net
from agents.methods.lsc4rec.method import Lsc4Rec
from agents.methods.lsc4rec.past_clicks import sequences
from agents.methods.lsc4rec.t5 import T5Recommender
from agents.methods.making import make_method

transformers = pytest.importorskip("transformers")
SMALL = {"large": "t5", "large_width": 32, "large_layers": 1, "history": 8}


def made(**options: Any) -> Lsc4Rec:
    method = make_method("lsc4rec", {**QUICK["lsc4rec"], **SMALL, **options}, "fp32", ranked_net())
    assert isinstance(method, Lsc4Rec)
    return method


def test_padding_says_nothing_and_the_drawn_weights_are_those_of_the_seed() -> None:
    large, again = (T5Recommender(ITEMS, 32, 1, 2, None, 3).eval() for _ in range(2))
    clicks = torch.randint(1, ITEMS + 1, (4, 6))
    longer = torch.cat([clicks, torch.zeros(4, 3, dtype=torch.int64)], 1)
    with torch.no_grad():
        assert torch.allclose(large(longer), large(clicks), atol=1e-4)
        assert torch.equal(again(clicks), large(clicks))
        assert large(clicks).shape == (4, ITEMS + 1)


def test_a_t5_learns_how_users_go_on() -> None:
    subject = Subject(made(steps=300, rate=3e-3, unseen=0.0))
    method, cloud = subject.method, subject.cloud
    assert isinstance(method, Lsc4Rec)
    users = torch.stack(sequences(subject.history.train, CLICKS, 0.0))
    with torch.no_grad():
        scores = method._large.of(cloud)(users[:, -9:-1])
    first = (scores[:, 1:].argmax(1) + 1 == users[:, -1]).float().mean()
    assert first > 0.5


def test_lists_come_down_and_do_not_depend_on_who_asks_beside() -> None:
    subject = Subject(made())
    method, payloads = subject.method, subject.payloads()
    _, whole = method.adapt(subject.cloud, payloads, whose(DEVICES))
    parts = [
        method.adapt(subject.cloud, {name: values[[row]] for name, values in payloads.items()}, whose(1))[1]["list"]
        for row in range(DEVICES)
    ]
    assert torch.equal(whole["list"], torch.cat(parts))
    assert method.costs.each > 0


def test_a_model_in_a_folder_is_where_it_begins(tmp_path: Path) -> None:
    config = transformers.T5Config(
        vocab_size=40, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    known = transformers.T5ForConditionalGeneration(config)
    known.save_pretrained(tmp_path / "t5")
    large = T5Recommender(ITEMS, 8, 2, 2, tmp_path / "t5")
    assert large.first == 40
    held, own = known.state_dict(), large.t5.state_dict()
    assert torch.equal(own["shared.weight"][:40], held["shared.weight"])
    name = "encoder.block.0.layer.0.SelfAttention.q.weight"
    assert torch.equal(own[name], held[name])
    assert made(weights=tmp_path / "t5").costs.each > 0


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no model"):
        made(weights=tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("no")
    with pytest.raises(ValueError, match="holds no T5"):
        made(weights=tmp_path)
    with pytest.raises(ValueError, match="has no effect with 'large: sasrec'"):
        made(large="sasrec", weights=tmp_path)
