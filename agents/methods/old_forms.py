"""Methods as they were written for 0.1.0: each is refused with one line that says what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

from agents.contract.plugins import PluginError
from agents.methods.base import DeviceState, Payload

#: Names that the second argument of ``predict`` had when it was given features.
_FEATURES = ("x", "features")


def require_current(name: str, method: object) -> None:
    """Check that a user's method is written for the protocol as it is now.

    Raises:
        PluginError: it is not; one line says what to write instead.
    """
    if not hasattr(method, "payload_codec"):
        raise _old(name, "'codec' is now 'payload_codec' and 'update_codec'; call Deployed.__init__, or set both")
    if len(_positional(method, "adapt")) == 2:
        raise _old(name, "adapt is called with (cloud, payloads, who); add 'who' to its arguments")
    predict = _positional(method, "predict")
    if len(predict) > 1 and predict[1] in _FEATURES:
        text = f"predict is given inputs; write predict(state, inputs), and inputs.features for '{predict[1]}'"
        raise _old(name, text)


def state_and_payload(name: str, handed_over: Any) -> tuple[DeviceState, Payload]:
    """Return what ``collect`` has returned.

    Raises:
        PluginError: it is a payload alone.
    """
    if isinstance(handed_over, Mapping):
        raise _old(name, "collect returns (state, payload), not the payload alone; write 'return state, {...}'")
    state, payload = handed_over
    return state, payload


def _old(name: str, text: str) -> PluginError:
    return PluginError(f"method '{name}' is written for driftbed 0.1.0: {text}")


def _positional(method: object, what: str) -> list[str]:
    """Return the names of the arguments of one of its functions; none if it takes any."""
    taken = signature(getattr(method, what)).parameters.values() if hasattr(method, what) else ()
    if any(one.kind is Parameter.VAR_POSITIONAL for one in taken):
        return []
    return [one.name for one in taken if one.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
