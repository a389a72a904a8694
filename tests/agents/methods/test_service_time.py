"""``service: measured``: a line through real times, and costs in multiply-adds."""

from __future__ import annotations

import time
from statistics import median

import pytest
import torch

from agents.conformance.methods import CLICKS, ranked_net
from agents.fleet.cloud_half import CloudHalf
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.service_time import fit, measure, past_payloads
from agents.streams.base import History


@pytest.mark.parametrize(("fixed_s", "each_s"), [(0.02, 0.001), (0.0, 0.003), (0.01, 0.0)])
def test_a_line_is_found_again(fixed_s: float, each_s: float) -> None:
    found = fit([(n, fixed_s + each_s * n) for n in (1, 8, 64)])
    assert (found.fixed_s, found.each_s) == pytest.approx((fixed_s, each_s), abs=1e-9)


def test_a_line_never_falls() -> None:
    found = fit([(1, 0.02), (8, 0.01), (64, 0.005)])
    assert found.fixed_s > 0
    assert found.each_s == 0


def test_what_is_measured_is_about_what_a_quiet_call_takes() -> None:
    found = measure(lambda requests: time.sleep(0.004 + 0.0005 * requests), repeats=5)
    for requests in (1, 8, 64):
        assert 0.8 < found.of(requests) / (0.004 + 0.0005 * requests) < 2.0


def test_a_measured_service_is_that_of_serving_real_payloads(history: History, base: Base, net: Net) -> None:
    method = make_method("cloud_ft", {"window": 40, "steps": 20}, "fp32", net)
    cloud = CloudHalf(method, method.prepare(history, base, 0))
    payloads = past_payloads(method, history, base, cloud.state)
    assert {name: len(rows) for name, rows in payloads.items()} == {
        "features.numbers": 64,
        "label": 64,
    }
    assert float(payloads["features.numbers"].float().std()) > 0.1
    assert len(payloads["label"].unique()) > 1
    before = {name: own.clone() for name, own in cloud.state.items()}

    def ratio() -> float:
        """Return what is measured of 64 requests over what they take."""
        found, walls_s = cloud.measure(payloads), []
        for _ in range(7):
            began = time.perf_counter()
            cloud._serve(payloads, 64)
            walls_s.append(time.perf_counter() - began)
        return found.of(64) / median(walls_s)

    # A busy moment is not a wrong measurement: three in a row would be.
    assert any(0.3 < ratio() < 3.0 for _ in range(3))
    assert all(torch.equal(cloud.state[name], own) for name, own in before.items())


def test_one_request_is_not_charged_for_the_padding_of_many(history: History, base: Base, net: Net) -> None:
    method = make_method("persona", {"steps": 5, "group_steps": 5, "window": 16}, "fp32", net)
    cloud = CloudHalf(method, method.prepare(history, base, 0))
    found = dict(cloud.measure(past_payloads(method, history, base, cloud.state)).measured)
    assert found[1] < found[64]


def test_costs_follow_from_the_shapes_of_layers(net: Net) -> None:
    # 12 inputs, a trunk of 16, a head of 16 and 4 classes.
    head = sum(inputs * outputs for inputs, outputs in net.head.sizes)
    trunk = 12 * 16 + 16 * 16 + 16 * net.head.dims[-1] - head
    costs = make_method("cloud_ft", {"window": 40, "steps": 20}, "fp32", net).costs
    assert costs.inference == trunk + head
    assert costs.learning == 3 * head
    assert costs.step_samples == 40
    assert costs.adapt(8) == 8 * 20 * 40 * 3 * head
    assert make_method("static", {}, "fp32", net).costs.adapt(8) == 0
    small, large = (make_method("persona", {"width": width}, "fp32", net).costs.each for width in (32, 64))
    assert 0 < small < large


@pytest.mark.parametrize("name", ["duet", "metanetwork", "apg", "persona"])
def test_a_cloud_that_is_sent_raw_input_runs_the_trunk_over_the_window(name: str, net: Net) -> None:
    head = sum(inputs * outputs for inputs, outputs in net.head.sizes)
    trunk = 12 * 16 + 16 * 16 + 16 * net.head.dims[-1] - head
    raw, features = (make_method(name, {"window": 8, "uplink": one}, "fp32", net).costs for one in ("raw", "features"))
    assert raw.each - features.each == 8 * trunk
    assert raw.inference == features.inference


def test_a_cloud_that_is_sent_ids_computes_what_is_known_of_users_and_no_candidate() -> None:
    net = ranked_net()
    ids, features = (
        make_method("duet", {"window": 8, "uplink": one}, "fp32", net).costs for one in ("ids", "features")
    )
    # A click goes through a layer of 32 by 32, and through three gates that see it and the state.
    assert ids.each - features.each == 8 * CLICKS * (32 * 32 + 3 * 2 * 32 * 32)
