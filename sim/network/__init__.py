"""The network as plain arithmetic: no processes, no tensors; every law a pure function or a small state.

====================  =============================================================================
how much, and when    ``rates`` (Constant, Scaled), ``steps``, ``opportunities``, ``interrupted``, ``markov``
recorded              ``traces`` (rates, latencies), ``window_trace`` (availability)
who waits for whom    ``fifo``, ``bucket``, ``lcfs``, ``sharing``, ``maxmin``
what gets lost        ``loss`` (per packet), ``transport`` (packets, headers, repair)
who is there          ``availability`` (windows, lifetimes), ``renewal``, ``daily``
====================  =============================================================================

Two ways to wait. A link that serves in order of arrival tells the end when it admits (``fifo``, ``bucket``).
Where a later arrival changes an earlier end, a link is a small calendar (``sharing``, ``maxmin``, ``lcfs``):
``enter`` and ``leave`` tell it what happens; ``next_s`` says when something will, ``complete`` what did.
"""
