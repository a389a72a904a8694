"""The laws of the network in numbers: no processes, no tensors; each law is a pure function or a small state.

====================  =============================================================================
how much, and when    ``rates`` (Constant, Scaled), ``steps``, ``opportunities``, ``interrupted``, ``markov``
recorded              ``traces`` (rates, latencies), ``window_trace`` (availability)
order of service      ``fifo``, ``bucket``, ``lcfs``, ``sharing``, ``maxmin``
losses                ``loss`` (per packet), ``transport`` (packets, headers, repair)
availability          ``availability`` (windows, lifetimes), ``renewal``, ``daily``
====================  =============================================================================

Two ways to wait. A link that serves in order of arrival knows the end when it admits (``fifo``, ``bucket``).
Where a later arrival changes an earlier end, a link is a small calendar (``sharing``, ``maxmin``, ``lcfs``):
``enter`` and ``leave`` report changes to it; ``next_s`` is the time of its next change, ``complete`` makes it.
"""
