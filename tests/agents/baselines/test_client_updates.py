"""The two ways in which clients learn give the same weights: the bench compares like with like."""

from __future__ import annotations

import torch

from agents.baselines.client_updates import as_a_loop, as_a_run, femnist_net, first, images


def test_a_run_learns_what_a_plain_loop_learns() -> None:
    base, (x, label) = first(femnist_net()), images(2)
    assert sum(values.numel() for values in base.tensors().values()) > 2.2e6
    ours, plain = as_a_run(base, x, label)(), as_a_loop(base, x, label)()
    assert torch.allclose(ours, plain, atol=1e-5)
    assert (ours[0] - ours[1]).abs().max() > 1e-4
