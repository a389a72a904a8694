"""The networks over which exchanges are counted, besides private links: as overrides of one scenario."""

from __future__ import annotations

_BACKHAUL = "backhaul: {up: 1 Gbit/s, down: 1 Gbit/s, latency: 5 ms, shared: true}"
_CELL = "up: 1 Mbit/s, down: 5 Mbit/s, latency: 40 ms, jitter: 20 ms, loss: 1 %, shared_by: 50 devices, via: [backhaul]"
#: Networks in place of private links: cells of devices that lose packets, behind one backhaul. In the first all wait in
#: queues; in the second a cell serves all its messages at once, and nobody knows when one of them will be through.
QUEUES = f"links={{access: {{{_CELL}}}, {_BACKHAUL}}}"
SHARES = f"links={{access: {{{_CELL}, discipline: ps}}, {_BACKHAUL}}}"
