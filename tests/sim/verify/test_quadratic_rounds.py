"""Averaging of parabolas, as theory has it: against brute force, and where it ends."""

from __future__ import annotations

import numpy as np
import pytest

from agents.contract import Worlds
from sim.verify.quadratic_rounds import Averaging, Plan, Scattered, accuracies

#: Two kinds of devices: the second sees the classes turned, moved and in other shares.
MEAN = np.array([[[[1.0, 0.2], [-1.0, 0.0]]], [[[0.5, 1.2], [0.5, -0.8]]]])
PRIOR, STD = np.array([[[0.5, 0.5]], [[0.8, 0.2]]]), np.array([[1.0], [1.2]])
LABEL, DEVICES = np.array([[[0, 1]], [[1, 0]]]), np.array([1, 2])
BEGUN = np.array([[0.2, -0.1], [0.0, 0.3], [0.5, 0.4]])


def worlds(times: int) -> Worlds:
    still = (np.repeat(one, times, 1) for one in (MEAN, STD, PRIOR, LABEL))
    return Worlds(BEGUN, DEVICES, np.zeros(2, np.int64), *still)


def samples(kind: int, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    which = (rng.random(shape) > PRIOR[kind, 0, 0]).astype(int)
    x = MEAN[kind, 0][which] + STD[kind, 0] * rng.standard_normal((*shape, 2))
    return np.concatenate([x, np.ones((*shape, 1))], -1), LABEL[kind, 0][which]


def brute_force(plan: Plan, fleets: int) -> np.ndarray:
    """Return the weights [fleets, 3, 2] that clouds have after two rounds."""
    rng, cloud = np.random.default_rng(3), np.repeat(BEGUN[None], fleets, 0)
    for _ in range(2):
        learnt = []
        for kind in np.repeat([0, 1], DEVICES):
            own = cloud.copy()
            for _ in range(plan.steps):
                x, label = samples(kind, (fleets, plan.batch), rng)
                slope = x.swapaxes(1, 2) @ (x @ own - np.eye(2)[label]) / plan.batch
                own -= plan.rate * (slope + plan.prox * (own - cloud))
            learnt.append(own)
        cloud += plan.server_rate * (np.mean(learnt, 0) - cloud)
    return cloud


@pytest.mark.parametrize("plan", [Plan(3, 4, 0.05, 0.0, 1.0), Plan(2, 8, 0.1, 0.5, 0.7)])
def test_mean_and_scatter_are_those_of_brute_force(plan: Plan) -> None:
    theory = Averaging(worlds(plan.steps), plan)
    theory.round(0)
    theory.round(0)
    seen = brute_force(plan, 8000)
    assert np.allclose(seen.mean(0), theory.mean, atol=5 * np.sqrt(theory.covariance.diagonal().max() / 8000))
    scatter = np.cov(seen.reshape(len(seen), -1).T)
    assert np.abs(scatter - theory.covariance).max() < 0.08 * theory.covariance.max()
    right = [share_right(kind, seen) for kind in (0, 1)]
    of_cloud = Scattered(np.repeat(theory.mean[None], 2, 0), np.repeat(theory.covariance[None], 2, 0))
    assert accuracies(worlds(plan.steps), np.array([0, 0]), of_cloud)[:, 1] == pytest.approx(right, abs=0.01)


def share_right(kind: int, weights: np.ndarray) -> float:
    """Return the share that several weights [fleets, 3, 2] have right, of a sample each."""
    x, label = samples(kind, (len(weights),), np.random.default_rng(kind))
    return float(((x[:, None] @ weights)[:, 0].argmax(1) == label).mean())


def test_one_step_a_round_ends_at_the_joint_optimum_and_several_do_not() -> None:
    ends = []
    for steps in (1, 8):
        theory = Averaging(worlds(steps), Plan(steps, 4, 0.1, 0.0, 1.0))
        for _ in range(400):
            theory.round(0)
        ends.append(theory.mean)
    x = np.concatenate([MEAN, np.ones((*MEAN.shape[:3], 1))], -1)[:, 0]
    noise = STD[:, :, None] ** 2 * np.diag([1.0, 1.0, 0.0])
    second = np.einsum("n,nk,nka,nkb->ab", DEVICES, PRIOR[:, 0], x, x) + np.tensordot(DEVICES, noise, 1)
    cross = np.einsum("n,nk,nka,nkc->ac", DEVICES, PRIOR[:, 0], x, np.eye(2)[LABEL[:, 0]])
    joint = np.linalg.solve(second, cross)
    assert np.allclose(ends[0], joint, atol=1e-9)
    assert np.abs(ends[1] - joint).max() > 0.01
