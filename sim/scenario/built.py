"""What of the grammar is built today. The grammar accepts more; the rest is refused by name, never ignored.

To move a name from "not built yet" to "built", add it to its row. Where a row is missing, all of it is built.
"""

from __future__ import annotations

BUILT: dict[str, frozenset[str]] = {
    "task.data": frozenset(
        {
            "digits",
            "gaussians",
            "interactions",
            "synthetic_interactions",
            "table",
            "sea",
            "hyperplane",
            "river",
            "idx",
            "cifar",
            "npz",
        }
    ),
    "task.model": frozenset({"mlp", "logistic", "din", "gru4rec", "sasrec", "cnn", "mobilenet_v3_small"}),
    "fleet keys": frozenset(
        {"cohort", "devices", "samples", "labels", "link", "availability", "churn", "offline", "power", "compute"}
    ),
    "fleet.compute keys": frozenset({"inference", "training_step", "macs_per_s"}),
    "fleet.samples.arrivals": frozenset({"poisson", "periodic", "recorded"}),
    "links.rate keys": frozenset({"rate", "trace", "markov", "fitted", "bucket"}),
    "links.discipline": frozenset({"fifo", "ps", "lcfs"}),
    "cloud keys": frozenset({"workers", "service", "queue", "capacity", "batch", "failures", "power"}),
    "method.adapter": frozenset({"static", "cloud_ft", "persona", "probe"}),
    "method.trigger": frozenset({"never", "periodic", "poisson", "at", "every_samples", "detector", "gate", "dummy"}),
    "method.codec": frozenset({"fp32", "fp16", "int8"}),
    "references": frozenset({"static", "oracle"}),
    "execution.backend": frozenset({"inline", "ray"}),
}


def unbuilt(row: str, name: str) -> str | None:
    """Return the sentence that refuses ``name``, or None when it is built."""
    built = BUILT.get(row)
    if built is None or name in built:
        return None
    known = f"; built: {', '.join(sorted(built))}" if built else ""
    return f"'{name}' is in the grammar but not built yet{known}"
