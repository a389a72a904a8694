"""What the table of tasks says of each: its options and code, and what the grammar must know of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from agents.contract.component import Component
from agents.drift.transforms import of_images

#: What can be done to images.
IMAGE_TRANSFORMS = of_images()


@dataclass(frozen=True)
class TaskRow(Component):
    """One data set or synthetic law.

    It gives ``classes`` or ``items`` to a net; ``oracle_bayes`` if the best answer is always known, ``oracle_head`` if
    a head can be refitted to each concept; ``recorded`` if samples are dealt out as recorded, so that drift cannot make
    them come faster; ``severities`` if transforms have them; ``images`` if a net is shown images.

    Attributes:
        transforms: keys of a concept that it knows.
        classes: how many, where the kind alone decides; or the option that says it.
        priorless: why no prior of its classes can be set; empty if one can.
        pretrain: how nets that are trained in a way of their own are trained on it, beside that.
    """

    transforms: tuple[str, ...] = ()
    classes: int | str | None = None
    priorless: str = ""
    pretrain: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        """Whether it is read from a file: then ``KIND:PATH`` is short for it."""
        return any(one.name == "path" for one in fields(self.options))
