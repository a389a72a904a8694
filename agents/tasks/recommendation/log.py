"""A log of interactions as arrays: who clicked what when, in time order, and its dense core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class Log:
    """Interactions in time order; those of one moment stay in the order of the file.

    Attributes:
        user, item: int32 [clicks], numbers from 0 in the order of the names.
        time_s: float64 [clicks], rising.
        users, items: the names behind the numbers, sorted (as numbers, where all are).
        columns: ``user``, ``item``, ``rating``, ``timestamp``, ``weight`` -> the column of the file that is.
        weight: float64 [clicks], how much each counts when the cloud learns; None: all alike.
    """

    user: np.ndarray
    item: np.ndarray
    time_s: np.ndarray
    users: tuple[str, ...]
    items: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.user)


def make_log(
    user: np.ndarray,
    item: np.ndarray,
    time_s: np.ndarray,
    users: list[str],
    items: list[str],
    columns: Mapping[str, str] | None = None,
    weight: np.ndarray | None = None,
) -> Log:
    """Return the log of clicks in the order of the file; ``users`` and ``items`` name the numbers used there."""
    order = np.argsort(time_s, kind="stable")
    user_rank, user_names = _ranks(users)
    item_rank, item_names = _ranks(items)
    ranked = user_rank[user[order]], item_rank[item[order]], time_s[order]
    weights = None if weight is None else weight[order]
    clicks = ranked[0].astype(np.int32), ranked[1].astype(np.int32), ranked[2]
    return Log(*clicks, user_names, item_names, columns or {}, weights)


def core(log: Log, least: int) -> Log:
    """Return the largest part of ``log`` in which every user and every item has at least ``least`` clicks.

    Raises:
        ValueError: nothing is left.
    """
    return part_of(log, _core(log, np.ones(len(log), bool), least))


def core_of_past(log: Log, past: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the users and the items of the core of the clicks that are ``past``: bool [users], bool [items].

    What comes later decides nothing: it would be known too early.

    Raises:
        ValueError: nothing is left.
    """
    kept = _core(log, past, least)
    return tuple(  # type: ignore[return-value]  # two of them
        np.bincount(codes[kept], minlength=len(names)) > 0
        for codes, names in ((log.user, log.users), (log.item, log.items))
    )


def _core(log: Log, among: np.ndarray, least: int) -> np.ndarray:
    kept = among.copy()
    while True:
        enough = [_enough(codes, kept, least) for codes in (log.user, log.item)]
        still = kept & enough[0] & enough[1]
        if still.sum() == kept.sum():
            break
        kept = still
    if not kept.any():
        sizes = f"{len(log.users)} users and {len(log.items)} items"
        where = "" if among.all() else " in the past"
        raise ValueError(
            f"core: {least} leaves nothing of {sizes}: none has {least} interactions with the others{where}"
        )
    return kept


def _enough(codes: np.ndarray, kept: np.ndarray, least: int) -> np.ndarray:
    return np.asarray(np.bincount(codes[kept], minlength=int(codes.max()) + 1)[codes] >= least)


def part_of(log: Log, kept: np.ndarray) -> Log:
    """Return the clicks ``kept``, with users and items renumbered in the same order."""
    users, user = np.unique(log.user[kept], return_inverse=True)
    items, item = np.unique(log.item[kept], return_inverse=True)
    return Log(
        user.astype(np.int32),
        item.astype(np.int32),
        log.time_s[kept],
        tuple(log.users[code] for code in users.tolist()),
        tuple(log.items[code] for code in items.tolist()),
        log.columns,
        None if log.weight is None else log.weight[kept],
    )


def merged(log: Log, *, count: bool = False) -> Log:
    """Return the log in which a user's click on an item at one time stands once, the first in the order of the file.

    With ``count`` it has the weights of all of them; a click without a weight has 1.
    """
    clicks = np.stack([log.time_s, log.user, log.item])
    _, first, group = np.unique(clicks, axis=1, return_index=True, return_inverse=True)
    kept = np.zeros(len(log), bool)
    kept[first] = True
    if not count:
        return part_of(log, kept)
    weight = np.zeros(len(log))
    weight[first] = np.bincount(group.reshape(-1), log.weight, len(first))
    return part_of(replace(log, weight=weight), kept)


def rows_by_weight(weight: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return as many rows as there are weights, each in proportion to its own, in their order: int64 [rows].

    A row comes up as often as its share says, rounded down or up at random (systematic sampling: Kitagawa, Journal of
    Computational and Graphical Statistics, 1996): what is learnt from them is weighted in expectation.

    Args:
        weight: float64 [rows], not all 0.
        draw: gives the one place that decides.
    """
    upto = np.cumsum(weight) * (len(weight) / weight.sum())
    places = np.arange(len(weight)) + draw.random()
    return np.minimum(np.searchsorted(upto, places, side="right"), int(np.flatnonzero(weight)[-1]))


def _ranks(names: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the place of each name among the sorted ones, and these."""
    numeric = all(name.isascii() and name.isdigit() for name in names)
    order = sorted(range(len(names)), key=lambda code: (int(names[code]), names[code]) if numeric else names[code])
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return rank, tuple(names[code] for code in order)
