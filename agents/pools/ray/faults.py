"""Failures of Ray, reported in one line and with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import ray

from agents.contract import BackendError
from agents.pools.worker import MissedCommandsError

#: A worker is gone with all that was in it, or what it answered, with the node that this lay on.
FAILURES = (
    ray.exceptions.RayActorError,
    ray.exceptions.WorkerCrashedError,
    ray.exceptions.OutOfMemoryError,
    ray.exceptions.NodeDiedError,
    ray.exceptions.ObjectLostError,
    ray.exceptions.ObjectFetchTimedOutError,
    MissedCommandsError,
)

_INLINE = "play with --workers 0"
#: What Ray's own words mean here: (words, what to do). The first that fits is reported.
_REMEDIES = (
    (("version mismatch",), "install the cluster's versions of Ray and Python here, or this machine's there"),
    (
        ("token", "unauthenticated", "unauthorized"),
        "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH (or RAY_AUTH_TOKEN) as the cluster has them",
    ),
    (
        ("could not find any running ray instance", "failed to connect", "failed to get node info"),
        "start a cluster with 'ray start --head' and name its HOST:PORT; if it wants a token, set RAY_AUTH_MODE=token",
    ),
    (
        ("out of disk", "outofdisk", "object store is full", "local disk"),
        "free disk space below Ray's folder or raise execution.object_store",
    ),
    (("no module named 'grpc'", "ray client"), "ray:// needs the extra 'ray[client]'; or use HOST:PORT of the head"),
)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an error that Ray raises within into one line: ``what``, Ray's words, and a remedy."""
    try:
        yield
    except (BackendError, *FAILURES):
        raise
    except (RuntimeError, ValueError, OSError, ImportError, ray.exceptions.RayError) as error:
        raise BackendError(f"{what}: {one_line(error)}; {remedy(error)}") from error


def one_line(error: BaseException) -> str:
    """Return Ray's own words in one line."""
    words = " ".join(str(error).split()).rstrip(".")
    return (words if len(words) <= 300 else f"{words[:300]} ...") or type(error).__name__


def remedy(error: BaseException) -> str:
    """Return what to do about an error of Ray."""
    words = f"{type(error).__name__} {error}".lower()
    return next((what for signs, what in _REMEDIES if any(sign in words for sign in signs)), _INLINE)
