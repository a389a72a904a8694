"""The compiled engine: exchanges as rows in columns, advanced by one loop over a heap of events.

It is what :mod:`sim.exchanges` says, number by number: the same operations in the same order. What it does not cover
(:mod:`sim.compiled.coverage`) is simulated there.
"""
