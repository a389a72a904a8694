"""Methods whose devices send their newest labelled samples, and get a head."""

from __future__ import annotations

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, Deployed, DeviceState, Payload, Recent, Updates
from agents.methods.head_fitting import label_field, sent_labels


class LabelledWindows(Deployed):
    """What goes up and what comes down; ``known`` says which head a device begins with."""

    needs_labels = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.window = context.options.window
        features = Field("features", (self.window, self.head.shown), bound=self.net.feature_bound)
        self.payload_fields = (features, label_field(self.net, self.window))
        self.update_fields = (Field("head", (self.head.params,)),)

    def known(self, cloud: CloudState) -> CloudState:
        return {"head": cloud["head"]}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return self.head.unpack(self.known(cloud)["head"].repeat(devices, 1))

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {"features": recent.features, "label": sent_labels(recent.label, self.payload_fields[1])}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return self.head.unpack(updates["head"])
