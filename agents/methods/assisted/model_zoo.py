"""A zoo of heads, from which each device gets the one that fits it best.

After RECL (Khani et al., NSDI 2023): heads of earlier adaptations are kept and come back when their world does. There a
gate trained on samples chooses; here the loss on the labels of the window does, and the whole head comes down.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.contract import Costs
from agents.kernels import totals
from agents.methods.assisted.options import ModelZooOptions
from agents.methods.base import CloudState, Context, Payload, Updates, Who
from agents.methods.baseline_options import GroupFtOptions
from agents.methods.group_ft import GroupFt
from agents.methods.head_fitting import Labelled, read_labels
from agents.methods.labelled_windows import LabelledWindows
from agents.methods.test_time.entropy import log_softmax
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.training import one_thread
from agents.streams.base import History

#: Place of the base model, which always stays.
_BASE = 0


class ModelZoo(LabelledWindows):
    """See :class:`ModelZooOptions`; a new head is fitted to every other label and judged by the rest."""

    name = "model_zoo"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: ModelZooOptions = context.options
        self._clusters = GroupFt(replace(context, options=GroupFtOptions(groups=max(1, self.options.groups))))

    @property
    def costs(self) -> Costs:
        device, options = super().costs, self.options
        passes = options.size / 3 + options.steps
        return replace(device, each=passes * self.window * device.learning)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        heads = base.head.pack(base.layers)
        if self.options.groups:
            heads = torch.cat([heads, self._clusters.prepare(history, base, seed)["frozen.heads"]])
        free = self.options.size - len(heads)
        used = torch.cat([torch.zeros(len(heads), dtype=torch.int64), torch.full((free,), -1)])
        zoo = torch.cat([heads, heads[:1].expand(free, -1)])
        return {"zoo": zoo, "used": used, "asks": torch.zeros(1, dtype=torch.int64)}

    def known(self, cloud: CloudState) -> CloudState:
        return {"head": cloud["zoo"][:1]}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        label, heads = read_labels(payloads["label"]), []
        with one_thread():
            for row in range(len(who)):
                rows = Labelled(payloads["features"][row : row + 1], label[row : row + 1])
                cloud, head = self._answered(cloud, rows)
                heads.append(head)
        return cloud, {"head": torch.stack(heads)}

    def _answered(self, cloud: CloudState, rows: Labelled) -> tuple[CloudState, torch.Tensor]:
        """Return the zoo after one request, and the head that fits it best."""
        asks, there = cloud["asks"] + 1, cloud["used"] >= 0
        known = rows.label >= 0
        place = int(torch.where(there, self._judged(cloud["zoo"], rows, known)[0], torch.inf).argmin())
        if not known.any():
            return {**cloud, "asks": asks}, cloud["zoo"][_BASE]
        new = self._new(cloud["zoo"], place, there, rows, known)
        zoo, used = cloud["zoo"], cloud["used"].clone()
        if new is not None:
            place = 1 + int(used[1:].argmin())
            zoo = zoo.index_copy(0, torch.tensor([place], device=zoo.device), new)
        used[place] = asks[0]
        return {**cloud, "zoo": zoo, "used": used, "asks": asks}, zoo[place]

    def _new(
        self, zoo: torch.Tensor, place: int, there: torch.Tensor, rows: Labelled, known: torch.Tensor
    ) -> torch.Tensor | None:
        """Return a head that beats the whole zoo, [1, params], or None."""
        learnt = known & (known.cumsum(1) % 2 == 1)
        judging = known & ~learnt
        if not judging.any():
            return None
        tried = self._fitted(zoo[place : place + 1], rows, learnt)
        right = self._judged(torch.cat([tried, zoo]), rows, judging)[1]
        rival = torch.where(there, right[1:], 0.0).max()
        return self._fitted(zoo[place : place + 1], rows, known) if right[0] > rival + self.options.margin else None

    def _judged(self, heads: torch.Tensor, rows: Labelled, which: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean loss and accuracy [heads] of each head on the rows ``which`` [1, rows]."""
        x = rows.features.expand(len(heads), -1, -1).contiguous()
        logits = self.head.forward(self.head.unpack(heads), x)
        label, number = rows.label.clamp_min(0).expand(len(heads), -1), which.sum().clamp_min(1)
        loss = -log_softmax(logits).gather(2, label[..., None])[..., 0]
        right = (logits.argmax(2) == label).float()
        return totals((loss * which).contiguous()) / number, totals((right * which).contiguous()) / number

    def _fitted(self, start: torch.Tensor, rows: Labelled, which: torch.Tensor) -> torch.Tensor:
        options, label = self.options, rows.label.clamp_min(0)
        return fit_heads(
            self.head,
            start,
            rows.features.contiguous(),
            label,
            options.steps,
            options.rate,
            weight=which.float(),
            anchor=options.anchor,
        )
