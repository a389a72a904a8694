"""Methods that need dense layers of a net, to take apart or for a loss, and the nets that have them."""

from __future__ import annotations

from agents.methods import METHODS
from agents.models import MODELS
from sim.scenario.tagged_union import Chosen

_NEEDED = "needs a layer below the last that is learnt"


def layers_wanting(adapter: Chosen, model: Chosen) -> str | None:
    """Return why a method cannot take the layers of a net apart, and what to write instead; None where it can.

    Of a user's own method or net nothing is known before it is built.
    """
    method, net = METHODS.get(adapter.kind), MODELS.get(model.kind)
    if method is None or net is None or "layers" not in method.needs:
        return None
    if "layers" not in net.gives:
        return f"{_NEEDED}, which '{model.kind}' has not; write for example 'model: mlp'"
    whole = bool(net.traits.get("dense"))
    if getattr(adapter, "trains", "head") == "all":
        in_head = f"takes dense layers apart, which '{model.kind}' has in its head alone; write 'trains: head'"
        return None if whole else in_head
    # A net with a branch for each view joins them in a hidden layer of its head, however it is written.
    if net.traits.get("views") or getattr(model, "layers", 1) > 1:
        return None
    return f"{_NEEDED}; write 'layers: 2' in task.model" + (", or 'trains: all'" if whole else "")


def squared_misfit(adapter: Chosen, model: Chosen) -> str | None:
    """Return why a method cannot descend the squared loss on a net, and what to write; None where it can, or does not.

    Of a user's own net nothing is known before it is built.
    """
    net = MODELS.get(model.kind)
    if getattr(adapter, "loss", None) != "squared" or adapter.kind not in METHODS or net is None:
        return None
    if "items" in net.needs:
        return f"is for classes, and '{model.kind}' ranks items; write 'loss: cross_entropy'"
    if getattr(adapter, "trains", "head") == "all" and not net.traits.get("dense"):
        return f"is for dense layers, which '{model.kind}' has in its head alone; write 'trains: head'"
    return None
