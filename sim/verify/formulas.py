"""Closed forms of queueing theory. Rates in 1/s, times in s."""

from __future__ import annotations


def pollaczek_khinchine_s(arrivals_per_s: float, mean_s: float, second_moment_s2: float) -> float:
    """Return the mean wait of an M/G/1 queue: λ E[S²] / 2(1 - rho) (Pollaczek 1930, Khinchine 1932)."""
    return arrivals_per_s * second_moment_s2 / (2.0 * (1.0 - arrivals_per_s * mean_s))


def erlang_b(offered: float, servers: int) -> float:
    """Return the share of calls that M/G/c/c turns away at an offered load a = λ E[S] (Erlang 1917)."""
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked


def erlang_c(offered: float, servers: int) -> float:
    """Return the share of requests that have to wait in M/M/c (Erlang 1917): B / (1 - rho (1 - B))."""
    blocked = erlang_b(offered, servers)
    return blocked / (1.0 - offered / servers * (1.0 - blocked))


def mean_wait_s(arrivals_per_s: float, mean_s: float, servers: int) -> float:
    """Return the mean wait of M/M/c: C E[S] / (c - a)."""
    offered = arrivals_per_s * mean_s
    return erlang_c(offered, servers) * mean_s / (servers - offered)


def fifo_age_s(arrivals_per_s: float, mean_s: float) -> float:
    """Return the mean age of information behind an M/M/1 queue, first come, first served.

    E[S] (1 + 1/rho + rho^2 / (1 - rho)) (Kaul, Yates and Gruteser, INFOCOM 2012, equation 17).
    """
    load = arrivals_per_s * mean_s
    return mean_s * (1.0 + 1.0 / load + load**2 / (1.0 - load))


def preempted_age_s(arrivals_per_s: float, mean_s: float) -> float:
    """Return the mean age of information where a fresh message drops the stale one: E[S] + 1/λ.

    M/M/1 with preemption (Kaul, Yates and Gruteser, CISS 2012).
    """
    return mean_s + 1.0 / arrivals_per_s


def shared_sojourns_s(
    arrivals_per_s: tuple[float, float], mean_s: float, weights: tuple[float, float]
) -> tuple[float, float]:
    """Return the mean sojourns of two classes of exponential jobs, alike on average, that share a server by weights.

    Fayolle, Mitrani and Iasnogorodski (Journal of the ACM 27, 1980, section 5), for equal mean sizes.
    """
    first, second = (rate * mean_s for rate in arrivals_per_s)
    alone_s = mean_s / (1.0 - first - second)
    share = weights[0] * (1.0 - first) + weights[1] * (1.0 - second)
    gain = weights[1] - weights[0]
    return alone_s * (1.0 + second * gain / share), alone_s * (1.0 - first * gain / share)
