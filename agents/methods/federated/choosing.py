"""Which part of a net a scenario lets devices learn."""

from __future__ import annotations

from agents.methods.federated.trained import DenseLayers, Trained
from agents.methods.federated.whole_module import WholeModule
from agents.models.base import Net
from agents.models.batched import DenseNet
from agents.models.head import HeadShape


def trained(net: Net, which: str) -> Trained:
    """Return the ``head`` of a net, or ``all`` of it."""
    if which == "head":
        return DenseLayers(net.head)
    whole = net.batched
    return DenseLayers(whole.whole, whole) if isinstance(whole, DenseNet) else WholeModule(net)


def layered(net: Net, which: str, name: str) -> DenseLayers:
    """Return the dense layers that a method learns which takes the last layer and those below it apart.

    Raises:
        ValueError: there are no layers below the last, or not all layers are dense.
    """
    part = trained(net, which)
    if not isinstance(part, DenseLayers) or type(part.shape) is not HeadShape:
        raise ValueError(f"{name} takes dense layers apart, which this net has in its head alone; write 'trains: head'")
    if len(part.shape.sizes) < 2:
        dense = isinstance(net.batched, DenseNet) and len(net.batched.whole.sizes) > 1
        otherwise = ", or 'trains: all'" if dense else ""
        raise ValueError(
            f"{name} needs a layer below the last that is learnt; write 'layers: 2' in task.model{otherwise}"
        )
    return part
