"""Methods that take the last layer and those below it apart, and the nets that have such layers."""

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
    if getattr(model, "layers", 1) > 1:
        return None
    return f"{_NEEDED}; write 'layers: 2' in task.model" + (", or 'trains: all'" if whole else "")
