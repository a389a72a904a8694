"""How alike two runs of one scenario on unlike devices must be: what the documents promise of a GPU."""

from __future__ import annotations

import numpy as np
from run_commands import Run, assert_rows_equal

#: Tables of the timing plane, which looks at no data.
TIMED = ("exchanges", "links", "cloud")
#: Of the samples of a cohort in a tick, how many may be judged otherwise: this share, and this many at least.
SHARE, FEW = 0.01, 2
#: The same for a whole run, as a share.
WHOLE = 0.002


def assert_alike(some: Run, other: Run) -> None:
    """Check that virtual time is the same, to the bit, and that hardly any sample is judged otherwise."""
    for name in TIMED:
        assert_rows_equal(some.table(name), other.table(name))
    ours, theirs = some.windows, other.windows
    assert np.array_equal(ours["samples"], theirs["samples"])
    assert np.array_equal(ours["labelled"], theirs["labelled"])
    allowed = np.maximum(SHARE * ours["samples"], FEW)
    for name in ("correct", "correct_static", "correct_oracle"):
        assert (np.abs(ours[name] - theirs[name]) <= allowed).all(), name
        assert abs(int(ours[name].sum()) - int(theirs[name].sum())) <= WHOLE * ours["samples"].sum(), name
