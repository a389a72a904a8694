"""What the payloads under way know: up to when each has seen the world."""

from __future__ import annotations

from math import inf

import numpy as np

from agents.contract import Kept


class Knowledge:
    """A time for each ticket under way, kept sorted by ticket."""

    def __init__(self) -> None:
        self._ticket, self._until_s = np.zeros(0, np.int64), np.zeros(0)

    def note(self, ticket: np.ndarray, until_s: np.ndarray) -> None:
        """Note up to when the payloads of some tickets know the world; a ticket may be noted anew."""
        self.forget(ticket)
        tickets, times_s = np.concatenate([self._ticket, ticket]), np.concatenate([self._until_s, until_s])
        order = tickets.argsort(kind="stable")
        self._ticket, self._until_s = tickets[order], times_s[order]

    def of(self, ticket: np.ndarray) -> np.ndarray:
        """Return up to when the payloads of some tickets know the world; one never noted knows all."""
        if not len(self._ticket):
            return np.full(len(ticket), inf)
        at = self._places(ticket)
        return np.where(self._ticket[at] == ticket, self._until_s[at], inf)

    def forget(self, ticket: np.ndarray) -> None:
        """Forget some tickets, whether noted or not."""
        if len(self._ticket):
            at = self._places(ticket)
            left = np.ones(len(self._ticket), bool)
            left[at[self._ticket[at] == ticket]] = False
            self._ticket, self._until_s = self._ticket[left], self._until_s[left]

    def checkpoint(self) -> Kept:
        """Return all that is noted, by name."""
        return {"tickets": self._ticket.copy(), "knows_until_s": self._until_s.copy()}

    def restore(self, kept: Kept) -> None:
        """Go to where :meth:`checkpoint` was called; takes the arrays over."""
        self._ticket, self._until_s = kept["tickets"], kept["knows_until_s"]

    def _places(self, ticket: np.ndarray) -> np.ndarray:
        return np.minimum(self._ticket.searchsorted(ticket), len(self._ticket) - 1)
