"""What columns and metrics mean, in words and formulas; a test holds them against the program's own tables."""

from __future__ import annotations

#: Ending of a column's name -> its unit.
UNITS = {"_s": "s (virtual)", "_bytes": "bytes", "_share": "share", "_micro": "millionths"}

_PHASES = {
    "undetected": "it had not yet asked for an update since its concept changed",
    "labels": "it waited for labels",
    "uplink": "its request was on the way up",
    "cloud_queue": "its request waited in the cloud",
    "service": "its request was being served",
    "downlink": "its update was on the way down",
    "lost": "its request, or the answer, had been lost",
    "residual": "an update for this concept was in force",
    "straddling": "an update was in force that is made mostly of samples of before",
}
_COUNTS = {
    "samples": "samples that devices predicted",
    "correct": "of them, predicted correctly by the deployed model",
    "correct_static": "predicted correctly by the model that never changes",
    "correct_oracle": "predicted correctly by the oracle (or another best reference)",
}

#: Table -> (what a row is, column -> what it means).
COLUMNS: dict[str, tuple[str, dict[str, str]]] = {
    "windows": (
        "One row a tick and cohort; counts of that tick alone.",
        {
            "t_s": "end of the tick",
            "cohort": "name of the cohort",
            **_COUNTS,
            "labelled": "samples whose label became known",
            "loss_micro": "sum of the losses of the deployed model",
            **{f"regret_{name}": f"oracle correct minus deployed correct while {why}" for name, why in _PHASES.items()},
            **{f"samples_{name}": f"samples while {why}" for name, why in _PHASES.items()},
            "requests": "requests made",
            "ahead_of_oracle": "samples that the deployed model predicted and the oracle did not",
        },
    ),
    "exchanges": (
        "One row an exchange: a request and its update. A time is missing where the exchange did not come so far.",
        {
            "ticket": "number of the exchange",
            "device": "number of the device",
            "cohort": "name of the cohort",
            "requested_s": "the trigger asked",
            "sent_s": "the payload began to leave",
            "reached_s": "its last bit reached the cloud",
            "started_s": "a worker began to serve it",
            "served_s": "the update was made",
            "returned_s": "its last bit reached the device",
            "installed_s": "the update came into force",
            "up_bytes": "payload and overhead sent up",
            "down_bytes": "update and overhead sent down",
            "retransmitted_bytes": "of both, sent again after loss",
            "outcome": "installed, or why not",
        },
    ),
    "devices": (
        "One row a device; sums over the run.",
        {
            "device": "number of the device",
            "cohort": "name of the cohort",
            **_COUNTS,
            "samples_odd": "samples of odd number, for honest ranking of devices",
            "correct_odd": "of them, predicted correctly",
            "exchanges": "requests made",
            "up_bytes": "sent up",
            "down_bytes": "sent down",
            "mean_age_s": "mean age of the deployed model",
        },
    ),
    "concepts": (
        "One row a stretch of time in which a device saw one concept.",
        {
            "device": "number of the device",
            "cohort": "name of the cohort",
            "from_s": "when it began",
            "until_s": "when it ended",
            "concept": "number of the concept",
            "name": "what it does to samples",
            "share_from": "share of samples under it at the beginning",
            "share_until": "share of samples under it at the end",
        },
    ),
    "ages": (
        "One row a cohort and bin of the deployed model's age.",
        {
            "cohort": "name of the cohort",
            "age_from_s": "where the bin begins",
            "samples": "samples met at that age",
            "regret": "oracle correct minus deployed correct at that age",
        },
    ),
    "links": (
        "One row a tick and direction of a link. Bytes and the counts of messages are so far, since the start.",
        {
            "t_s": "end of the tick",
            "link": "name of the link",
            "direction": "up or down",
            "instances": "how many such lines there are",
            "offered_bytes": "entered so far",
            "delivered_bytes": "arrived so far",
            "dropped_bytes": "dropped so far",
            "retransmitted_bytes": "sent again so far",
            "in_flight_bytes": "inside at the end of the tick",
            "busy_s": "time in which lines carried something, in this tick",
            "busy_share": "the same as a share of the tick",
            "queue": "messages that wait, at the end of the tick; none where all are carried at once, as with `ps`",
            "waiting_s": "time that messages waited before they began, in this tick; 0 with `ps`",
            "started": "messages that began to be carried, in this tick",
        },
    ),
    "rates": (
        "One row for each of 2,000 bins of the run and each direction of a link whose rate varies: the first instance.",
        {
            "t_s": "beginning of the bin",
            "link": "name of the link",
            "direction": "up or down",
            "bps": "mean rate within the bin [bit/s]",
        },
    ),
    "cloud": (
        "One row a tick. Counts of requests are so far, since the start.",
        {
            "t_s": "end of the tick",
            "arrived": "requests so far",
            "served": "served so far",
            "rejected": "the same as dropped",
            "dropped": "requests that left without being served, so far",
            "queue": "requests that wait, at the end of the tick",
            "busy_s": "time in which workers were busy, in this tick",
            "busy_share": "the same as a share of what all workers have",
            "workers": "workers that the scenario says, up or not",
            "waiting_s": "time that requests waited, in this tick",
            "started": "requests that began to be served, in this tick",
        },
    ),
}

_RANKED = "mean over clicks; rank of the clicked item among the candidates is r"

#: Metric -> its formula; sums run over ticks, cohorts and devices.
FORMULAS: dict[str, str] = {
    "accuracy": "Σ correct / Σ samples",
    "accuracy_after_drift": "the same over ticks that end after the first drift",
    "adaptation_area": "mean over drifts of the mean over ticks, up to the next drift, of correct / samples",
    "accuracy_static": "Σ correct_static / Σ samples",
    "accuracy_oracle": "Σ correct_oracle / Σ samples",
    "accuracy_no_change": "the same for the device's label before this one",
    "accuracy_majority": "the same for the commonest label so far",
    "accuracy_popularity": "the same for the most clicked item so far",
    "ahead_of_oracle": "Σ ahead_of_oracle / Σ samples",
    "gain": "accuracy - accuracy_static",
    "harm": "Σ max(correct_static - correct, 0) over windows and cohorts / Σ samples",
    "regained": "(accuracy - accuracy_static) / (accuracy_oracle - accuracy_static)",
    "worst_decile": "accuracy on one half of the samples of the tenth of devices that is worst on the other half",
    **{f"hit_{k}": f"share of clicks with r ≤ {k}" for k in (1, 5, 10, 20)},
    **{f"ndcg_{k}": f"1 / log₂(r + 1) if r ≤ {k}, else 0; {_RANKED}" for k in (5, 10, 20)},
    "mrr": f"1 / r; {_RANKED}",
    "uauc": "share of other candidates below the clicked one, mean over users",
    "auc": "probability that a clicked candidate scores above one that is not, over all rows",
    "auroc": "probability that a sample that drift has changed scores above one that it has not, from the counts "
    "score_original_bin_* and score_changed_bin_*; a bin is a hundredth of the past, or less",
    "fpr_95": "share of changed samples that score below what 95 % of the others keep to, from the same counts",
    "recovery_s": "from the end of a drift until two windows in a row are as near to the oracle as before it (0.02); "
    "median, drifts not recovered counted as slower than all",
    "recovery_mean_s": "mean of min(recovery time, time watched)",
    "censored_share": "drifts not recovered / drifts",
    "mean_age_s": "mean over devices and time of now - sent_s of the newest installed update (before the first: now)",
    "never_updated": "devices without an installed update / devices",
    "delay_s": "median of installed_s - requested_s",
    "exchanges": "rows of exchanges",
    "installed": "rows with outcome installed / rows",
    "up_bytes": "Σ up_bytes / devices",
    "down_bytes": "Σ down_bytes / devices",
    "bytes_per_point": "(Σ up_bytes + Σ down_bytes) / devices / points of gain; only of runs that gained",
    "joules_per_point": "device_energy_j / points of gain; only of runs that gained",
    "device_energy_j": "Σ energy of devices (radio and computing, as the scenario prices them) / devices",
    "cloud_energy_j": "Σ over workers of power while busy and power while idle, each times its time",
}
