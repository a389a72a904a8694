"""``links``: what messages cross between a device and the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sim.distributions import Constant
from sim.links.disciplines import DISCIPLINES
from sim.scenario.context import context_of
from sim.scenario.distribution_fields import JitterDistribution, TimeDistribution
from sim.scenario.losses import Loss, LossField, Recovery
from sim.scenario.outages import Contacts, Outages, OutagesField
from sim.scenario.problems import near_miss
from sim.scenario.quantities import Devices, PositiveNumber, PositiveSize, Power, Size, Time, choice
from sim.scenario.rates import LinkRateField, Trace, TraceField
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Shorthand

#: The key of a message's draws has room for so many links after its own (see ``sim.links.overhead``).
_MOST_VIA = 15


class Radio(SectionModel):
    """Energy of a radio by its states: promoted for a message, active while it is on air, then a tail, then asleep.

    The machine of radio resource control (LTE, 3G); with a sleep that pages now and then (eDRX) or not at all (PSM) it
    is NB-IoT's, with a tail of two receive windows LoRaWAN's.
    """

    promotion_time: Time = Field(default=0.0, description="from asleep to active")
    promotion: Power = Field(default=0.0, description="while it is promoted")
    transmitting: Power = Field(default=0.0, description="while a message goes up: bytes at the mean rate of the link")
    receiving: Power = Field(default=0.0, description="while one comes down")
    tail_time: Time = Field(default=0.0, description="how long it stays awake after a message")
    tail: Power = Field(default=0.0, description="while it does, and while it waits for the answer")
    waits: bool = Field(default=True, description="whether it stays awake until the answer has come")
    asleep: Power = Field(default=0.0, description="at all other times, paging included")


class Link(SectionModel):
    """A link, private to its device unless ``shared`` or ``shared_by``."""

    up: LinkRateField = Field(description="towards the cloud: a data rate, a trace or a rate process")
    down: LinkRateField = Field(description="towards the device")
    latency: TimeDistribution = Field(default=Constant(0.0), description="one-way delay besides transmission")
    jitter: JitterDistribution = Field(
        default=Constant(0.0),
        description="added to the latency, drawn per message; a lone '10 ms' means 0 to 10 ms",
    )
    ordered: bool = Field(default=False, description="whether a message waits for those sent before it")
    ping: TraceField | None = Field(
        default=None, description="recorded round trips; half of one is added to the latency"
    )
    header: Size = Field(default=0.0, description="bytes added to each message")
    mtu: PositiveSize = Field(default=1500.0, description="largest packet, its header included")
    packet_header: Size = Field(default=0.0, description="bytes added to each packet")
    discipline: Annotated[str, choice(*DISCIPLINES)] = Field(
        default="fifo",
        description="fifo; ps: all messages at once, sharing the rate; lcfs: a fresh one drops the stale",
    )
    weights: dict[str, PositiveNumber] = Field(
        default_factory=dict, description="with ps: cohort -> weight of its messages; 1 where not named"
    )
    shared: bool = Field(default=False, description="one link for the whole fleet")
    shared_by: Devices | None = Field(default=None, description="one link for each so many devices, in device order")
    via: Annotated[
        list[str], Shorthand(lambda value: [value] if isinstance(value, str) else value, {"type": "string"})
    ] = Field(default_factory=list, description="shared links that a message crosses next, in the uplink's order")
    loss: LossField = Field(default=Loss.model_construct(bernoulli=0.0), description="packets lost")
    recovery: Recovery = Field(default=Recovery.model_construct(), description="what is done about lost packets")
    outages: OutagesField = Field(default=Outages.model_construct(), description="when the link is down")
    radio: Radio | None = Field(default=None, description="of a device on this link, for the energy account")
    contacts: Contacts | None = Field(default=None, description="windows outside of which the link is down")

    @field_validator("via", mode="after")
    @classmethod
    def _via_names_shared_links(cls, via: list[str], info: ValidationInfo) -> list[str]:
        if len(via) > _MOST_VIA:
            raise ValueError(f"a message crosses {_MOST_VIA} links after its own at most, not {len(via)}")
        if twice := [name for number, name in enumerate(via) if name in via[:number]]:
            raise ValueError(f"names '{twice[0]}' twice; a message crosses a link once")
        links = context_of(info).links
        if links is None:
            return via
        for name in via:
            if name not in links:
                raise ValueError(f"there is no link '{name}'{near_miss(name, list(links))}")
            hop = links[name]
            if isinstance(hop, Mapping) and not (hop.get("shared") is True or "shared_by" in hop):
                raise ValueError(f"'{name}' is private; messages go via links that are shared or shared_by")
            if (circle := context_of(info).circles.from_(name)) is not None:
                raise ValueError(f"goes in a circle: {' -> '.join(circle)}")
        return via

    @field_validator("ping", mode="after")
    @classmethod
    def _ping_can_be_read(cls, ping: Trace | None, info: ValidationInfo) -> Trace | None:
        from sim.network.traces.recorded import load_latency

        if ping is not None:
            ping.must_load(load_latency, context_of(info).duration_s)
        return ping

    @field_validator("weights", mode="after")
    @classmethod
    def _weights_name_cohorts(cls, weights: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        cohorts = context_of(info).cohorts
        strange = [name for name in weights if cohorts is not None and name not in cohorts]
        if strange:
            raise ValueError(f"there is no cohort '{strange[0]}'{near_miss(strange[0], cohorts or ())}")
        return weights

    @model_validator(mode="after")
    def _buckets_fit_their_link(self) -> Self:
        for name, rate in (("up", self.up), ("down", self.down)):
            down_at_times = self.outages.scheduled or self.outages.random or self.contacts
            if rate.bucket is None:
                continue
            if rate.rate is None or not DISCIPLINES[self.discipline].in_turn or down_at_times:
                raise refuse("a token bucket needs a constant rate, 'fifo', and a link without outages", name, "bucket")
            if rate.bucket.rate > rate.rate:
                raise refuse("the bucket fills faster than the link can carry", name, "bucket", "rate")
        return self

    @model_validator(mode="after")
    def _has_no_idle_option(self) -> Self:
        if self.packet_header + 1 > self.mtu:
            raise refuse("headers leave no room in a packet of this mtu", "packet_header")
        for key in ("mtu", "packet_header", "header"):
            if getattr(self, key) % 1.0:
                raise refuse("is no whole number of bytes", key)
        if self.weights and not DISCIPLINES[self.discipline].shares:
            raise refuse(f"'discipline: {self.discipline}' has no weights; weights need 'ps'", "weights")
        recovery, repaired = self.recovery, type(self.recovery).model_fields
        for name in ("timeout", "retries", "backoff"):
            if recovery.arq != "off" and getattr(recovery, name) != repaired[name].default:
                text = "has no effect while lost packets are sent again; it needs 'arq: off'"
                raise refuse(text, "recovery", name)
        return self

    @model_validator(mode="after")
    def _shared_one_way(self) -> Self:
        if self.shared and self.shared_by is not None:
            raise ValueError("shared and shared_by exclude each other")
        return self
