"""What links lose, and what happens then."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sim.network.losses import LOSSES
from sim.scenario.components import keyed
from sim.scenario.quantities import SHARE_SCHEMA, PositiveNumber, Time, choice
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.tagged_union import Shorthand, alternatives, exactly_one

_Losses: Any = keyed("Losses", LOSSES)


class Loss(_Losses):
    """Probability that a packet is lost: exactly one of ``bernoulli``, ``gilbert_elliott``, ``trace``."""

    @model_validator(mode="before")
    @classmethod
    def _newest_alternative(cls, value: Any) -> Any:
        return alternatives(value, tuple(LOSSES))

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        exactly_one(self, tuple(LOSSES))
        return self

    @model_validator(mode="after")
    def _recordings_can_be_used(self) -> Self:
        given: dict[str, Any] = {key: getattr(self, key) for key in ("trace", "fitted")}
        if any(given.values()):
            from sim.network.traces.losses import TraceError

            for key, options in given.items():
                try:
                    if options is not None:
                        LOSSES[key].load()(options)
                except TraceError as error:
                    raise refuse(str(error), key) from None
        return self


LossField = Annotated[
    Loss, Shorthand(lambda value: value if isinstance(value, dict) else {"bernoulli": value}, SHARE_SCHEMA)
]


class Recovery(SectionModel):
    """How lost packets are recovered."""

    arq: Annotated[str, choice("on", "stop_and_wait", "off")] = Field(
        default="on",
        description="on: lost packets are sent again at once and cost bytes; stop_and_wait: each costs a "
        "round trip, too; a packet lost 1,000 times loses the message; off: one lost packet does",
    )
    timeout: Time = Field(default=2.0, description="with arq off: wait this long for the update, then give up or retry")
    # The key of an exchange's draws has room for 64 attempts (see ``sim.links.overhead``).
    retries: Annotated[int, Field(ge=0, le=63)] = Field(
        default=0, description="with arq off: how often a lost request is repeated"
    )
    backoff: PositiveNumber = Field(default=2.0, description="each further timeout is this many times longer")
