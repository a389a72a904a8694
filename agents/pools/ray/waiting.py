"""Waiting for an answer, but neither for ever nor for somebody who is gone."""

from __future__ import annotations

import time
from typing import Any

import ray

from agents.contract import BackendError
from agents.pools.ray.faults import DEATHS, remedy, told
from agents.pools.ray.session import Session

#: How often whoever waits looks whether Ray is still there.
_LOOK_EVERY_S = 1.0


def wait(reply: Any, patience_s: float, session: Session) -> Any:
    """Return what a call returned.

    Raises:
        BackendError: nothing came in time, or Ray itself is broken.
        Exception: what the call raised, as it was; and Ray's own errors for workers that died.
    """
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            return ray.get(reply, timeout=_LOOK_EVERY_S)
        except ray.exceptions.GetTimeoutError:
            session.check()
            if time.monotonic() > give_up_s:
                raise BackendError(_silence(patience_s)) from None
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ray.exceptions.RayError) and not isinstance(error.cause, DEATHS):
                raise BackendError(f"Ray failed: {told(error.cause)}; {remedy(error.cause)}") from error
            raise error.cause from None
        except DEATHS as death:
            session.check()
            if "creation task" in str(death):
                last = str(death).strip().splitlines()[-1]
                raise BackendError(f"a worker cannot start: {last}; is the same code installed there?") from None
            raise
        except ray.exceptions.RayError as error:
            raise BackendError(f"Ray failed: {told(error)}; {remedy(error)}") from error


def _silence(patience_s: float) -> str:
    free = ray.available_resources().get("CPU", 0.0)
    return (
        f"a worker has said nothing for {patience_s:g} s; Ray has {free:g} processors free: "
        "give it more of them or fewer workers, or look for a lack of memory"
    )
