"""Adam over torch's rule: the steps of the paper, the rate of each, and weights that are not part of a loss."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from agents.models.adam import Adam

GRADIENTS = np.array([[0.5, -2.0, 1e-3], [0.25, 1.0, 0.0], [-3.0, 0.125, 7.0]])
SHARES = (1.0, 0.5, 0.25)


@pytest.mark.parametrize("fused", [False, True])
def test_its_steps_are_those_of_the_paper(fused: bool) -> None:
    weight, idle = torch.nn.Parameter(torch.tensor([1.0, -1.0, 0.0])), torch.nn.Parameter(torch.ones(2))
    adam = Adam([weight, idle], 0.1, fused=fused)
    expected, first, second = np.array([1.0, -1.0, 0.0]), np.zeros(3), np.zeros(3)
    for step, (gradient, share) in enumerate(zip(GRADIENTS, SHARES, strict=True), 1):
        adam.zero_grad()
        (weight * torch.tensor(gradient, dtype=torch.float32)).sum().backward()
        adam.step(share)
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        moved = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        expected -= 0.1 * share * moved
    np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-5, atol=1e-7)
    assert torch.equal(idle.detach(), torch.ones(2))


def test_a_step_without_any_gradient_changes_nothing() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    Adam([weight], 0.1).step()
    assert torch.equal(weight.detach(), torch.ones(2))


def test_learning_does_not_load_the_compiler_of_torch() -> None:
    program = (
        "import sys, torch; from agents.models.adam import Adam; weight = torch.nn.Parameter(torch.ones(2)); "
        "weight.sum().backward(); Adam([weight], 0.1).step(); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
