from __future__ import annotations

import pytest
import torch
from quick_methods import CLASSES, CONTEXTS, OF_CLASSES, QUICK

from agents.methods.base import Method
from agents.methods.making import make_method
from agents.models.base import Base, Net
from agents.models.making import make_net
from agents.models.training import pretrain
from agents.streams.base import History, Past


@pytest.fixture(scope="session")
def history() -> History:
    """Four clusters whose labels turn with the context, which one sample suggests and a window determines."""
    generator = torch.Generator().manual_seed(0)

    def past(rows: int) -> Past:
        concept = torch.randint(CONTEXTS, (rows,), generator=generator)
        cluster = torch.randint(CLASSES, (rows,), generator=generator)
        x = torch.randn(rows, 12, generator=generator)
        x[:, :CONTEXTS] += torch.eye(CONTEXTS)[concept]
        x[:, CONTEXTS : CONTEXTS + CLASSES] += 3.0 * torch.eye(CLASSES)[cluster]
        return Past(x, (cluster + concept) % CLASSES, concept)

    return History(past(1200), past(600))


@pytest.fixture(scope="session")
def net() -> Net:
    return make_net("mlp", (12,), CLASSES, {"hidden": [16, 16]})


@pytest.fixture(scope="session")
def base(history: History, net: Net) -> Base:
    return pretrain(history, net, {"epochs": 10, "rate": 5e-3}, 3)


@pytest.fixture(params=OF_CLASSES)
def method(request: pytest.FixtureRequest, net: Net) -> Method:
    """Each method of the table, in turn."""
    return make_method(request.param, QUICK.get(request.param, {}), "fp32", net)
