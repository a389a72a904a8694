"""A local page over the run folders, for ``driftbed serve``: it reads, and changes nothing.

* :mod:`analysis.serving.library`: which runs and sweeps there are, by names that no path can be made of.
* :mod:`analysis.serving.pages`: the pages, built as the report is: what is not markup is escaped.
* :mod:`analysis.serving.curves`: accuracy over virtual time, also of runs that are going on.
* :mod:`analysis.serving.server`: HTTP on the loopback address.
"""

from __future__ import annotations

from analysis.serving.server import PageServer

__all__ = ["PageServer"]
