"""How large the messages of a method are, for one net of reference, so that methods can be compared at a glance."""

from __future__ import annotations

from agents.methods import METHODS
from agents.methods.making import make_method
from agents.models.making import make_net

#: What the sizes are for, in words.
REFERENCE = "fp32, defaults; an MLP for digits with a head of 1,386 weights, or a GRU4Rec for 400 items"


def message_bytes(name: str) -> tuple[int, int]:
    """Return the bytes of a payload (up) and of an update (down) of a method; 0: there is no such message."""
    if "items" in METHODS[name].needs:
        net = make_net("gru4rec", (110,), 2, {}, {"items": 400, "window": 10})
    else:
        net = make_net("mlp", (1, 8, 8), 10, {"hidden": [32, 32], "layers": 2})
    method = make_method(name, {}, "fp32", net)
    return method.payload_bytes, method.update_bytes
