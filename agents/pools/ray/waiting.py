"""Waiting for an answer, with a time limit and a check that Ray still runs."""

from __future__ import annotations

import time
from typing import Any

import ray

from agents.contract import BackendError
from agents.pools.ray.faults import FAILURES, one_line, remedy
from agents.pools.ray.session import Session

#: How often a waiting caller checks that Ray still runs [s].
_CHECK_EVERY_S = 1.0


def wait(reply: Any, time_limit_s: float, session: Session) -> Any:
    """Return what a call returned.

    Raises:
        BackendError: nothing came in time, or Ray itself is broken.
        Exception: what the call raised, as it was; and Ray's own errors for workers that ended.
    """
    give_up_s = time.monotonic() + time_limit_s
    while True:
        try:
            return ray.get(reply, timeout=_CHECK_EVERY_S)
        except ray.exceptions.GetTimeoutError:
            session.check()
            if time.monotonic() > give_up_s:
                raise BackendError(_silence(time_limit_s)) from None
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ray.exceptions.RayError) and not isinstance(error.cause, FAILURES):
                raise BackendError(f"Ray failed: {one_line(error.cause)}; {remedy(error.cause)}") from error
            raise error.cause from None
        except FAILURES as failure:
            session.check()
            if "creation task" in str(failure):
                last = str(failure).strip().splitlines()[-1]
                raise BackendError(f"a worker cannot start: {last}; is the same code installed there?") from None
            raise
        except ray.exceptions.RayError as error:
            raise BackendError(f"Ray failed: {one_line(error)}; {remedy(error)}") from error


def _silence(time_limit_s: float) -> str:
    free = ray.available_resources().get("CPU", 0.0)
    return (
        f"a worker has said nothing for {time_limit_s:g} s; Ray has {free:g} processors free: "
        "give it more of them or fewer workers, or look for a lack of memory"
    )
