"""Random timing-only scenarios, for properties that hold in all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

RATES = ["0 bit/s", "400 bit/s", "9600 bit/s", "1 Mbit/s", "40 Gbit/s"]
TIMES = ["0 s", "3 ms", "1300 ms", "25 s"]
SIZES = ["0 B", "1 B", "700 B", "12 KiB"]


def laws(quantities: list[str], positive: list[str]) -> st.SearchStrategy[Any]:
    """Return constants out of ``quantities`` and random laws about the ``positive`` ones."""
    means = st.sampled_from(positive)
    return st.one_of(
        st.sampled_from(quantities),
        means.map(lambda mean: {"exponential": {"mean": mean}}),
        means.map(lambda median: {"lognormal": {"median": median, "sigma": 1.5}}),
        means.map(lambda high: {"uniform": {"low": quantities[0], "high": high}}),
    )


def times() -> st.SearchStrategy[Any]:
    """Return times and laws of times."""
    return laws(TIMES, TIMES[1:])


def sizes() -> st.SearchStrategy[Any]:
    """Return sizes and laws of sizes."""
    return laws(SIZES, SIZES[1:])


def links() -> st.SearchStrategy[dict[str, Any]]:
    """Return links of every sharing, from dead to practically infinite."""
    plain = st.fixed_dictionaries(
        {"up": st.sampled_from(RATES), "down": st.sampled_from(RATES)},
        optional={"latency": times(), "jitter": times(), "header": st.sampled_from(["0 B", "40 B"])},
    )
    sharing = st.sampled_from([{}, {"shared": True}, {"shared_by": "3 devices"}])
    return st.builds(_merged, plain, sharing)


def triggers() -> st.SearchStrategy[dict[str, Any]]:
    """Return triggers from lockstep to chance, some of them far too fast for the links."""
    return st.one_of(
        st.sampled_from(["500 ms", "7 s", "31 s"]).flatmap(
            lambda every: st.sampled_from(["random", "0 s", "200 ms"]).map(
                lambda phase: {"kind": "periodic", "every": every, "phase": phase}
            )
        ),
        st.sampled_from(["0 /s", "3 /min", "2 /s"]).map(lambda rate: {"kind": "poisson", "rate": rate}),
        st.lists(st.sampled_from(["0 s", "10 s", "10.5 s", "20 s"]), min_size=1, max_size=6).map(
            lambda asks: {"kind": "at", "times": asks}
        ),
    )


def worlds() -> st.SearchStrategy[dict[str, Any]]:
    """Return scenarios of two cohorts, with everything that decides when a message arrives left to chance."""
    return st.fixed_dictionaries(
        {
            "version": st.just(1),
            "seed": st.integers(0, 1000),
            "duration": st.sampled_from(["20 s", "61 s"]),
            "tick": st.sampled_from(["1 s", "10 s", "7300 ms"]),
            "task": st.just("none"),
            "fleet": st.tuples(st.integers(1, 9), st.integers(0, 5)).map(_fleet),
            "links": st.fixed_dictionaries({"near": links(), "far": links()}),
            "cloud": st.fixed_dictionaries({"workers": st.integers(1, 3), "service": times()}),
            "method": st.fixed_dictionaries(
                {
                    "adapter": st.fixed_dictionaries({"kind": st.just("probe"), "payload": sizes(), "update": sizes()}),
                    "trigger": triggers(),
                    "in_flight": st.sampled_from(["drop", "replace", "queue"]),
                }
            ),
        }
    )


def _fleet(devices: tuple[int, int]) -> list[dict[str, Any]]:
    names = ("near", "far")
    return [{"cohort": n, "devices": count, "link": n} for n, count in zip(names, devices, strict=True)]


def rough_links() -> st.SearchStrategy[dict[str, Any]]:
    """Return links that lose, pause and share, but never die: whatever enters leaves within the hour."""
    loss = st.sampled_from(["0 %", "2 %", "30 %", {"gilbert_elliott": {"p": 0.1, "r": 0.3, "good": 0.0, "bad": 0.9}}])
    recovery = st.one_of(
        st.sampled_from([{"arq": "on"}, {"arq": "stop_and_wait"}]),
        st.builds(
            lambda timeout, retries: {"arq": "off", "timeout": timeout, "retries": retries},
            st.sampled_from(["1 s", "20 s"]),
            st.integers(0, 2),
        ),
    )
    outages = st.sampled_from(
        [
            [{"at": "5 s", "for": "30 s"}, {"at": "60 s", "for": "4 s", "every": "10 s"}],
            {"up": {"exponential": {"mean": "20 s"}}, "down": {"exponential": {"mean": "5 s"}}},
        ]
    )
    rates = st.sampled_from(
        ["9600 bit/s", "1 Mbit/s", {"markov": {"states": ["0 bit/s", "2 Mbit/s"], "stay": ["3 s", "5 s"]}}]
    )
    return st.fixed_dictionaries(
        {
            "up": rates,
            "down": rates,
            "discipline": st.sampled_from(["fifo", "ps", "lcfs"]),
            "loss": loss,
            "recovery": recovery,
            "ordered": st.booleans(),
        },
        optional={"latency": times(), "outages": outages, "packet_header": st.just("20 B")},
    )


def clouds() -> st.SearchStrategy[dict[str, Any]]:
    """Return clouds of every queue, some of them full, failing or serving in batches."""
    capacity = st.sampled_from(["unlimited", 1, 3])
    failures = st.sampled_from([[], [{"at": "2 s", "for": "40 s"}]])
    queue = st.sampled_from([{"queue": "fifo"}, {"queue": "lcfs"}, {"queue": "ps"}])
    batch = st.just({"batch": {"max": 3, "wait": "700 ms", "each": "10 ms"}})
    plain = {"workers": st.integers(1, 3), "service": times(), "capacity": capacity, "failures": failures}
    return st.builds(_merged, st.fixed_dictionaries(plain), st.one_of(queue, batch))


def rough_worlds() -> st.SearchStrategy[dict[str, Any]]:
    """Return scenarios of lossy paths and absent devices whose asks all come early in a long run."""
    sharing = st.sampled_from([{"shared": True}, {"shared_by": "4 devices"}])
    away = st.sampled_from(
        ["always", {"on": {"exponential": {"mean": "30 s"}}, "off": {"exponential": {"mean": "20 s"}}}]
    )
    offline = st.sampled_from([{"transfers": "pause"}, {"transfers": "abort"}])
    return st.builds(
        _rough,
        world=worlds(),
        cloud=clouds(),
        near=rough_links(),
        far=st.builds(_merged, rough_links(), sharing),
        away=away,
        offline=offline,
        asks=st.lists(st.sampled_from(["0 s", "1 s", "1500 ms", "20 s"]), min_size=1, max_size=4),
    )


def _rough(
    world: dict[str, Any],
    cloud: dict[str, Any],
    near: dict[str, Any],
    far: dict[str, Any],
    away: Any,
    offline: Any,
    asks: list[str],
) -> dict[str, Any]:
    fleet = [cohort | {"availability": away, "offline": offline} for cohort in world["fleet"]]
    return world | {
        "duration": "12 h",
        "tick": "1 h",
        "fleet": fleet,
        "cloud": cloud,
        "links": {"near": near | {"via": ["far"]}, "far": far},
        "method": world["method"] | {"trigger": {"kind": "at", "times": asks}},
    }


def _merged(some: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return some | more


def queueing_worlds() -> st.SearchStrategy[dict[str, Any]]:
    """Return scenarios in which all queues are first in, first out: shared or not, lossy, absent, full or failing."""
    sharing = st.sampled_from([{"shared": True}, {"shared_by": "3 devices"}])
    fifo = st.just({"discipline": "fifo"})
    access = st.builds(_merged, st.builds(_merged, st.one_of(links(), rough_links()), fifo), st.just({"via": ["far"]}))
    far = st.builds(_merged, st.builds(_merged, rough_links(), fifo), sharing)
    cloud = st.builds(_merged, clouds(), st.just({"queue": "fifo", "batch": {"max": 1}}))
    absent = {"on": {"exponential": "30 s"}, "off": {"exponential": "9 s"}}
    away = st.sampled_from(["always", "always", "always", absent])
    offline = st.sampled_from([{"transfers": "pause"}, {"transfers": "abort"}])
    in_flight = st.sampled_from(["drop", "drop", "drop", "replace", "queue"])
    return st.builds(_queueing, worlds(), access, far, cloud, away, offline, in_flight)


def compiled_worlds() -> st.SearchStrategy[dict[str, Any]]:
    """Return scenarios of all that the compiled engine covers: every discipline, rate, loss, absence and policy."""
    sharing = st.sampled_from([{}, {"shared": True}, {"shared_by": "3 devices"}])
    access = st.builds(_merged, st.builds(_merged, rough_links(), sharing), st.sampled_from([{}, {"via": ["far"]}]))
    joint = st.sampled_from([{"shared": True}, {"shared_by": "3 devices"}])
    weights = st.sampled_from([{"weights": {"near": 2}}, {"weights": {"near": 0.3, "far": 1.7}}])
    weighted = st.builds(_merged, weights, st.just({"discipline": "ps"}))
    far = st.builds(_merged, st.builds(_merged, rough_links(), joint), st.one_of(st.just({}), weighted))
    absent = {"on": {"exponential": "30 s"}, "off": {"exponential": "9 s"}}
    away = st.sampled_from(["always", "always", absent])
    offline = st.sampled_from([{"transfers": "pause"}, {"transfers": "abort"}])
    in_flight = st.sampled_from(["drop", "replace", "queue"])
    return st.builds(_queueing, worlds(), access, far, clouds(), away, offline, in_flight)


def _queueing(
    world: dict[str, Any],
    near: dict[str, Any],
    far: dict[str, Any],
    cloud: dict[str, Any],
    away: Any,
    offline: dict[str, Any],
    in_flight: str,
) -> dict[str, Any]:
    # The second cohort goes over the shared link alone: its messages meet the others' there.
    fleet = [cohort | {"availability": away, "offline": offline} for cohort in world["fleet"]]
    method = world["method"] | {"in_flight": in_flight}
    return world | {"fleet": fleet, "cloud": cloud, "links": {"near": near, "far": far}, "method": method}
