from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import log_loss, ndcg_score, roc_auc_score

from agents.metrics import Ranking, Top1, list_auc, rank

RANKING = Ranking()
LISTS, CANDIDATES = 40, 30


def column(name: str) -> int:
    return RANKING.columns.index(name)


@pytest.fixture
def judged() -> tuple[torch.Tensor, torch.Tensor]:
    """Scores [2, 20, candidates], no two of a list equal, and where the clicked one is."""
    generator = np.random.default_rng(3)
    logits = torch.from_numpy(generator.standard_normal((2, LISTS // 2, CANDIDATES)))
    return logits, torch.from_numpy(generator.integers(CANDIDATES, size=(2, LISTS // 2)))


def relevance(logits: torch.Tensor, label: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    clicked = np.eye(CANDIDATES)[label.flatten().numpy()]
    return clicked, logits.flatten(0, 1).numpy()


def test_gains_are_those_of_scikit_learn(judged: tuple[torch.Tensor, torch.Tensor]) -> None:
    clicked, scores = relevance(*judged)
    counted = RANKING.counts(*judged).flatten(0, 1)
    for k in (5, 10, 20):
        expected = [ndcg_score(c[None], s[None], k=k, ignore_ties=True) for c, s in zip(clicked, scores, strict=True)]
        assert counted[:, column(f"ndcg_{k}_micro")].numpy() == pytest.approx(1e6 * np.array(expected), abs=0.51)


def test_the_auc_of_a_list_is_that_of_scikit_learn_with_and_without_ties(
    judged: tuple[torch.Tensor, torch.Tensor],
) -> None:
    for logits in (judged[0], (2.0 * judged[0]).round()):
        clicked, scores = relevance(logits, judged[1])
        expected = [roc_auc_score(c, s) for c, s in zip(clicked, scores, strict=True)]
        assert list_auc(logits, judged[1]).flatten().numpy() == pytest.approx(np.array(expected), abs=1e-12)


def test_the_loss_of_a_list_is_the_log_loss_of_its_rows(judged: tuple[torch.Tensor, torch.Tensor]) -> None:
    clicked, scores = relevance(*judged)
    expected = [log_loss(c, 1.0 / (1.0 + np.exp(-s))) for c, s in zip(clicked, scores, strict=True)]
    assert RANKING.loss_nats(*judged).flatten().numpy() == pytest.approx(np.array(expected), rel=1e-9)
    assert float(RANKING.training_loss(*judged)) == pytest.approx(np.mean(expected), rel=1e-9)


def test_hits_ranks_and_gains_of_a_list_counted_by_hand() -> None:
    logits = torch.arange(100.0).flip(0).view(1, 1, 100)
    for place in (0, 4, 5, 9, 10, 19, 20, 99):
        label = torch.tensor([[place]])
        counted = RANKING.counts(logits, label)[0, 0]
        assert int(rank(logits, label)) == place
        assert bool(RANKING.correct(logits, label)) == (place < 10)
        assert [int(counted[column(f"hit_{k}")]) for k in (1, 5, 20)] == [place < k for k in (1, 5, 20)]
        gain = 1e6 / np.log2(place + 2)
        assert [int(counted[column(f"ndcg_{k}_micro")]) for k in (5, 10, 20)] == [
            round(gain) if place < k else 0 for k in (5, 10, 20)
        ]
        assert int(counted[column("reciprocal_rank_micro")]) == round(1e6 / (place + 1))
        assert int(counted[column("uauc_micro")]) == round(1e6 * (99 - place) / 99)


@pytest.mark.parametrize("candidates", [20, 30, 100])
def test_what_is_counted_of_a_list_does_not_depend_on_the_lists_beside_it(candidates: int) -> None:
    generator = np.random.default_rng(9)
    logits = torch.from_numpy(generator.normal(-2.0, 2.0, (1, 300, candidates))).float()
    label = torch.from_numpy(generator.integers(candidates, size=(1, 300)))
    loss, counts = RANKING.loss_nats(logits, label), RANKING.counts(logits, label)
    for first, last in ((0, 1), (1, 2), (7, 30), (150, 299), (299, 300)):
        some = slice(first, last)
        assert torch.equal(RANKING.loss_nats(logits[:, some].clone(), label[:, some]), loss[:, some])
        assert torch.equal(RANKING.counts(logits[:, some].clone(), label[:, some]), counts[:, some])


def test_bins_count_every_score_once_and_tell_the_area_over_all_rows() -> None:
    generator = np.random.default_rng(8)
    label = torch.from_numpy(generator.integers(100, size=(1, 400)))
    logits = torch.from_numpy(generator.normal(-2.0, 1.5, (1, 400, 100))).float()
    logits.scatter_add_(2, label[..., None], torch.full((1, 400, 1), 1.7))
    bins = RANKING.counts(logits, label)[0, :, column("clicked_bin_00") :]
    clicked, other = bins.sum(0).split(bins.shape[1] // 2)
    assert bins[:, : len(clicked)].sum(1).unique().tolist() == [1]
    assert bins[:, len(clicked) :].sum(1).unique().tolist() == [99]
    below = other.cumsum(0) - 0.5 * other
    area = float((clicked * below).sum() / (clicked.sum() * other.sum()))
    flat = torch.nn.functional.one_hot(label, 100).flatten().numpy()
    assert area == pytest.approx(roc_auc_score(flat, logits.flatten().numpy()), abs=5e-3)
    assert int(RANKING.counts(torch.tensor([[[-99.0, 99.0]]]), torch.tensor([[1]]))[0, 0, -1]) == 0


def test_a_model_that_says_nothing_hits_as_often_as_chance() -> None:
    label = torch.from_numpy(np.random.default_rng(0).integers(100, size=(1, 20_000)))
    logits = torch.zeros(1, 20_000, 100)
    hits = float(RANKING.correct(logits, label).float().mean())
    assert hits == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 20_000))
    assert RANKING.counts(logits, label)[..., column("uauc_micro")].unique().tolist() == [500_000]


def test_scores_that_are_no_numbers_never_win() -> None:
    label = torch.tensor([[3]])
    assert int(rank(torch.full((1, 1, 20), torch.nan), label)) == 19
    spoiled = torch.zeros(1, 1, 20)
    spoiled[0, 0, 7] = torch.nan
    spoiled[0, 0, 3] = 1.0
    assert int(rank(spoiled, label)) == 1


@settings(deadline=None, max_examples=60)
@given(arrays.arrays(np.float64, (1, 6, 12), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0])), st.integers(0, 11))
def test_a_rank_counts_who_is_better_and_who_is_as_good_but_stands_before(scores: np.ndarray, place: int) -> None:
    label = torch.full((1, 6), place)
    for row, found in zip(scores[0], rank(torch.from_numpy(scores), label)[0].tolist(), strict=True):
        order = sorted(range(12), key=lambda candidate: (-row[candidate], candidate))
        assert found == order.index(place)


def test_classification_counts_nothing_beside() -> None:
    logits, label = torch.eye(3).view(1, 3, 3), torch.tensor([[0, 1, 0]])
    assert Top1().correct(logits, label).tolist() == [[True, True, False]]
    assert Top1().score(logits[0], label[0]).counts.shape == (3, 0)


def test_of_equally_likely_classes_the_first_counts_and_what_is_no_number_is_never_beaten() -> None:
    nan = float("nan")
    logits = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, nan, 3.0], [0.0, nan, 3.0]])
    label = torch.tensor([0, 1, 1, 2, 1])
    expected = [True, False, True, False, True]
    assert Top1().score(logits, label).correct.tolist() == expected
    for some in ([0], [1], [2], [3], [4], [1, 3], [0, 1], [2, 4], [1, 2, 3, 4]):
        assert Top1().score(logits[some], label[some]).correct.tolist() == [expected[row] for row in some]
