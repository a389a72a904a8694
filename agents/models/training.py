"""Training in the cloud before t = 0: the base model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from itertools import count
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from agents.cache import cached, fingerprint
from agents.contract import InputError
from agents.models.adam import Adam
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.seeding import Purpose, rng
from agents.streams.base import History, Past


def augmented(images: torch.Tensor, mirror: bool, shift: int, rng: torch.Generator) -> torch.Tensor:
    """Return images [rows, channels, h, w], each mirrored with probability 1/2 and moved by up to ``shift`` pixels.

    What moves in from outside is black. Without either, ``images`` come back untouched and nothing is drawn.
    """
    if mirror:
        turned = torch.rand(len(images), 1, 1, 1, generator=rng) < 0.5
        images = torch.where(turned, images.flip(3), images)
    return _moved(images, shift, rng) if shift else images


def _moved(images: torch.Tensor, shift: int, rng: torch.Generator) -> torch.Tensor:
    rows, channels, height, width = images.shape
    padded = functional.pad(images, (shift,) * 4)
    down, right = torch.randint(0, 2 * shift + 1, (2, rows, 1), generator=rng)
    below = (down + torch.arange(height)).view(rows, 1, height, 1).expand(-1, channels, -1, width + 2 * shift)
    beside = (right + torch.arange(width)).view(rows, 1, 1, width).expand(-1, channels, height, -1)
    return padded.gather(2, below).gather(3, beside)


#: A past of fewer rows is small: on it training depends on where it begins, and is begun this often.
_SMALL, _OFTEN = 2000, 3


#: Called with (what is trained, share done in [0, 1]).
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Recipe:
    """How the base is trained: Adam on shuffled mini-batches; the best epoch on validation is kept.

    With ``fading`` the rate falls to zero in equal steps. ``mirror`` and ``shift`` (pixels) vary images as they come.
    Training stops after ``early_stopping`` epochs without a better one (0: never; not while the rate is fading). It is
    done ``restarts`` times (0: three times on a small past, else once), of which the best is kept.
    """

    epochs: int = 60
    batch: int = 128
    rate: float = 2e-3
    fading: bool = False
    mirror: bool = False
    shift: int = 0
    early_stopping: int = 15
    restarts: int = 0

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Recipe:
        """Read ``task.pretrain`` of a scenario.

        Raises:
            ValueError: an unknown option.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise ValueError(f"pretrain has no option {unknown[0]!r}; known are {', '.join(known)}")
        return replace(cls(), **options)


def pretrain(
    history: History, net: Net, options: Mapping[str, Any], seed: int, progress: Progress | None = None
) -> Base:
    """Return ``net`` trained on the cloud's past; from the cache if the same was trained before.

    On one thread, convolutions too: with several, the order of sums, and so the weights, would depend on the machine's
    processors, and with the weights the digest of every run.
    """
    recipe = Recipe.read(options)
    key = {
        "what": "base",
        "net": {"name": net.name, **net.options},
        "recipe": asdict(recipe),
        "seed": seed,
        "history": fingerprint([*history.train.tensors(), *history.validation.tensors()]),
    }
    with one_thread():
        return Base.load(net, cached(key, lambda: _fit(history, net, recipe, seed, progress).tensors()))


def _fit(history: History, net: Net, recipe: Recipe, seed: int, progress: Progress | None) -> Base:
    restarts = recipe.restarts or (_OFTEN if len(history.train.x) < _SMALL else 1)
    found = [_begun(history, net, recipe, generator(seed, Purpose.PRETRAIN, one), progress) for one in range(restarts)]
    return min(found, key=lambda one: one[0])[1]


def _begun(
    history: History, net: Net, recipe: Recipe, rng: torch.Generator, progress: Progress | None
) -> tuple[float, Base]:
    """Return the validation loss and the base of the best epoch."""
    trunk = net.build_trunk()
    initialise(trunk, rng)
    packed = nn.Parameter(initial_head(net.head, rng))
    if net.weights is not None:
        net.weights(trunk, packed.data)
    optimiser = Adam([*trunk.parameters(), packed], recipe.rate)
    share_of_rate, step = _share_of_rate(recipe, len(history.train.x)), count()
    kept = Base.load(net, _now(net, trunk, packed).tensors())
    best, best_epoch = _loss(kept, history.validation), -1
    for epoch in range(recipe.epochs):
        for rows in _batches(torch.randperm(len(history.train.x), generator=rng), recipe.batch, trunk):
            x = augmented(history.train.x[rows], recipe.mirror, recipe.shift, rng)
            _gradients(net, trunk.train(), packed, optimiser, x, history.train.label[rows])
            optimiser.step(share_of_rate(next(step)))
        now = _now(net, trunk, packed)
        loss = _loss(now, history.validation)
        if loss < best:
            best, best_epoch, kept = loss, epoch, Base.load(net, now.tensors())
        if progress:
            progress("base model", (epoch + 1) / recipe.epochs)
        if recipe.early_stopping and not recipe.fading and epoch - best_epoch >= recipe.early_stopping:
            break
    return best, kept


def _batches(rows: torch.Tensor, size: int, trunk: nn.Module) -> Sequence[torch.Tensor]:
    """Return ``rows`` in batches; where batches are normalised, none is of one row, which has no deviation.

    Raises:
        InputError: batches are of one row each, or the past is.
    """
    batches = list(rows.split(size))
    normalised = any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in trunk.modules())
    if not normalised or len(batches[-1]) > 1:
        return batches
    if size == 1:
        raise InputError("task.pretrain.batch", "a net that normalises batches needs at least two rows in each")
    if len(rows) == 1:
        raise InputError("task.data", "a net that normalises batches needs a past of at least two rows")
    return [*batches[:-2], torch.cat(batches[-2:])]


def _now(net: Net, trunk: nn.Module, packed: torch.Tensor) -> Base:
    return Base(net, trunk.eval(), net.head.unpack(packed.detach()))


def _share_of_rate(recipe: Recipe, rows: int) -> Callable[[int], float]:
    steps = max(recipe.epochs * -(-rows // recipe.batch), 1)
    return lambda step: 1.0 - step / steps if recipe.fading else 1.0


def _gradients(
    net: Net, trunk: nn.Module, packed: torch.Tensor, optimiser: Adam, x: torch.Tensor, label: torch.Tensor
) -> None:
    logits = net.head.forward(net.head.unpack(packed), trunk(x).unsqueeze(0))[0]
    loss = net.metric.training_loss(logits, label)
    optimiser.zero_grad()
    loss.backward()


@torch.no_grad()
def _loss(base: Base, past: Past) -> float:
    logits = base.head.forward(base.layers, base.features(past.x).unsqueeze(0))[0]
    return float(base.net.metric.training_loss(logits, past.label))


def generator(seed: int, purpose: Purpose, *ids: int) -> torch.Generator:
    """Return a torch generator for one meaning, so that no training touches the global one."""
    return torch.Generator().manual_seed(int(rng(seed, purpose, *ids).integers(2**63)))


def initialise(module: nn.Module, rng: torch.Generator) -> None:
    """Give every matrix Xavier-uniform weights (Glorot and Bengio, 2010) and every bias zeros.

    Batch normalisation starts as the identity, which it is when built.
    """
    for part in module.modules():
        own = () if isinstance(part, nn.BatchNorm2d) else part.parameters(recurse=False)
        for parameter in own:
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter, generator=rng)
            else:
                nn.init.zeros_(parameter)


def initial_head(head: HeadShape, rng: torch.Generator) -> torch.Tensor:
    """Return one packed head [1, params], Xavier-uniform, zero biases."""
    parts = []
    for inputs, outputs in head.sizes:
        weight = nn.init.xavier_uniform_(torch.empty(outputs, inputs), generator=rng)
        parts += [weight.T.reshape(-1), torch.zeros(outputs)]
    return torch.cat(parts).unsqueeze(0)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread inside, so that sums are always taken in the same order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
