from __future__ import annotations

import pytest
import torch

from agents.contract import BackendError, FleetSpec, RaySpec
from agents.torch_device import CPU, device_of, gpu_names, moved, name_of, ready, require_seen, seen


def test_a_gpu_that_is_not_there_is_refused_in_one_line() -> None:
    with pytest.raises(
        BackendError, match=r"execution.device: cuda:99 was asked for, but this machine's torch"
    ) as reported:
        require_seen("cuda:99")
    assert "or write 'device: cpu'" in str(reported.value)
    assert "\n" not in str(reported.value)


def test_the_processor_is_always_ready_and_nothing_is_switched_for_it() -> None:
    before = torch.are_deterministic_algorithms_enabled()
    assert ready("cpu") == CPU
    assert torch.are_deterministic_algorithms_enabled() == before
    assert name_of(CPU) == "cpu"


def test_gpus_are_named_one_by_one() -> None:
    assert len(gpu_names()) == seen() == torch.cuda.device_count()


def test_what_is_there_already_is_not_copied() -> None:
    weights = torch.zeros(3)
    assert moved({"w": weights}, CPU)["w"] is weights


def test_tensors_tell_where_they_are_and_none_are_on_the_processor() -> None:
    assert device_of({"w": torch.zeros(2, device="meta")}).type == "meta"
    assert device_of({}) == CPU


@pytest.mark.parametrize(
    ("workers", "cloud", "address", "here"),
    [(0, True, "h:1", True), (2, False, "h:1", True), (2, True, None, True), (2, True, "h:1", False)],
)
def test_this_machine_needs_the_gpu_unless_all_is_computed_elsewhere(
    monkeypatch: pytest.MonkeyPatch, workers: int, cloud: bool, address: str | None, here: bool
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    nothing: dict[str, object] = {}
    spec = FleetSpec(1, 1.0, 1.0, "", nothing, "", nothing, nothing, (), (), "", nothing, "", ())
    ray = RaySpec(address=address, cloud=cloud)
    assert FleetSpec(**{**vars(spec), "workers": workers, "ray": ray}).computes_here is here
