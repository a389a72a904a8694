"""A rate that becomes another one at some moment: a link that was changed while messages were under way."""

from __future__ import annotations

from dataclasses import dataclass

from sim.network.rates.rate import Rate


@dataclass(frozen=True, slots=True)
class Switched:
    """``before`` up to and including ``at_s``, ``after`` from there on.

    What ends by then ends exactly as it would without the change; what is under way goes on at the new rate.
    """

    before: Rate
    after: Rate
    at_s: float

    @property
    def grain_bits(self) -> float:
        return max(self.before.grain_bits, self.after.grain_bits)

    def at(self, t_s: float) -> float:
        return self.before.at(t_s) if t_s < self.at_s else self.after.at(t_s)

    def bits(self, from_s: float, until_s: float) -> float:
        if until_s <= self.at_s:
            return self.before.bits(from_s, until_s)
        if from_s >= self.at_s:
            return self.after.bits(from_s, until_s)
        return self.before.bits(from_s, self.at_s) + self.after.bits(self.at_s, until_s)

    def when(self, from_s: float, bits: float) -> float:
        if from_s >= self.at_s:
            return self.after.when(from_s, bits)
        end_s = self.before.when(from_s, bits)
        if end_s <= self.at_s:
            return end_s
        return self.after.when(self.at_s, max(bits - self.before.bits(from_s, self.at_s), 0.0))

    def next_change_s(self, t_s: float) -> float:
        if t_s >= self.at_s:
            return self.after.next_change_s(t_s)
        return min(self.before.next_change_s(t_s), self.at_s)
