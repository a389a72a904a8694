"""Signals: one number a sample that says how the deployed model does, or how strange the sample is.

The table needs no torch; how a signal is computed is imported where samples are evaluated.
"""

from __future__ import annotations

from agents.contract.component import Component, NoOptions


def _signal(name: str, summary: str, gives: str = "", *, needs: str = "", paper: str = "") -> Component:
    loads, none = f"agents.signals.values:{name}", frozenset[str]()
    return Component(
        NoOptions,
        loads,
        summary=summary,
        paper=paper,
        needs=frozenset({needs}) if needs else none,
        gives=frozenset({gives}) if gives else none,
    )


#: Name in a scenario -> signal. One that needs ``labels`` is visible only once the label is due; one that gives
#: ``bits`` is 0 or 1. The code of each is a function of :class:`agents.signals.values.Predicted`.
SIGNALS: dict[str, Component] = {
    "error": _signal("error", "1 if the prediction is wrong, else 0.", "bits", needs="labels"),
    "loss": _signal("loss", "Loss of the prediction [nats].", needs="labels"),
    "entropy": _signal("entropy", "Entropy of the predicted distribution [nats]."),
    "margin": _signal("margin", "How far the first class leads the second, in probability."),
    "energy": _signal(
        "energy_of", "Minus the logarithm of the summed exponentials of the logits.", paper="Liu et al., NeurIPS 2020"
    ),
    "score": _signal(
        "score",
        "How far out of distribution a sample is: the method's own score, by default the energy.",
        paper="Liu et al., NeurIPS 2020",
    ),
    "embedding_distance": _signal(
        "embedding_distance", "Distance of the features to the mean of the past, in standard deviations."
    ),
}
