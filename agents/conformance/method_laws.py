"""What every method keeps: declared bytes, devices and requests apart, the same bits again, state that survives."""

from __future__ import annotations

import torch

from agents.codecs.base import fresh
from agents.conformance.methods import DEVICES, OfRaw, Subject
from agents.contract.laws import Law
from agents.methods.base import DeviceState, Payload
from agents.methods.chunks import stacked


def declared_bytes(subject: Subject) -> str | None:
    """Messages take as many bytes as declared."""
    method = subject.method
    if not method.payload_bytes and not method.update_bytes:
        return None
    payloads = subject.payloads()
    _, updates = method.adapt(subject.cloud, payloads, subject.who())
    for what, codec, fields, tensors, declared in (
        ("payload", method.payload_codec, method.payload_fields, payloads, method.payload_bytes),
        ("update", method.update_codec, method.update_fields, updates, method.update_bytes),
    ):
        if not tensors:
            continue
        wire, _ = codec.encode(fields, tensors, fresh(codec, fields, "sender", DEVICES))
        written = len(codec.write(fields, wire, 0))
        if written > declared or (codec.fixed and written != declared):
            return f"{what}: {declared} bytes declared, {written} written"
    return None


def devices_apart(subject: Subject) -> str | None:
    """A device predicts the same alone and among others."""
    if subject.method.shared_rows:
        return None
    x = subject.inputs()
    own = OfRaw(x.features[2:3], x.raw[2:3])
    together = subject.method.predict(subject.state, x)
    alone = subject.method.predict({name: value[2:3] for name, value in subject.state.items()}, own)
    return None if torch.equal(together[2:3], alone) else "logits of a device differ"


def cloud_unchanged(subject: Subject) -> str | None:
    """Adapting leaves the old state of the cloud as it was."""
    if not subject.method.payload_bytes:
        return None
    before = {name: value.clone() for name, value in subject.cloud.items()}
    subject.method.adapt(subject.cloud, subject.payloads(), subject.who())
    wrong = next((name for name, value in before.items() if not torch.equal(value, subject.cloud[name])), None)
    return f"'{wrong}' was changed in place" if wrong else None


def state_is_tensors(subject: Subject) -> str | None:
    """All state is tensors, so that it goes through a checkpoint."""
    for where, state in (("cloud", subject.cloud), ("device", subject.state)):
        wrong = next((name for name, value in state.items() if not isinstance(value, torch.Tensor)), None)
        if wrong:
            return f"'{wrong}' of the {where} is no tensor"
    return None


def has_a_name(subject: Subject) -> str | None:
    """It has a name, for messages and for what is kept in the cache."""
    name = getattr(subject.method, "name", None)
    return None if isinstance(name, str) and name else f"'name' is {name!r}; write name = \"...\" in the class"


def state_fits(subject: Subject) -> str | None:
    """What devices learn or install has the names and shapes of their state, and is finite."""
    state = dict(subject.state)
    learnt = _learnt(subject)
    if fault := _misfit(learnt, state, "learnt"):
        return fault
    state |= learnt
    after, payloads = subject.method.collect(state, subject.recent())
    if fault := _misfit(after, state, "collected"):
        return fault
    updates = subject.updates(payloads) if subject.method.payload_fields else {}
    if odd := next((name for name, values in updates.items() if not _finite(values)), None):
        return f"'{odd}' of an update is not finite"
    if subject.method.shared_rows or not (updates or subject.method.payload_fields):
        return None
    return _misfit(subject.method.install({**state, **after}, updates), state, "installed")


def requests_in_order(subject: Subject) -> str | None:
    """Requests are answered alike one by one and many at once."""
    if not subject.method.payload_fields or subject.method.together:
        return None
    payloads, who = subject.payloads(), subject.who()
    later, updates = subject.method.adapt(subject.cloud, payloads, who)
    cloud, alone = subject.cloud, []
    for row in (slice(number, number + 1) for number in range(DEVICES)):
        cloud, one = subject.method.adapt(
            cloud, {name: values[row] for name, values in payloads.items()}, who.rows(row)
        )
        alone.append(one)
    if wrong := _unlike(updates, stacked(alone)):
        return f"'{wrong}' of an update depends on which requests are answered in the same call"
    wrong = _unlike(later, cloud)
    return f"'{wrong}' of the cloud depends on which requests are answered in the same call" if wrong else None


def repeatable(subject: Subject) -> str | None:
    """The same calls give the same bits: nothing is drawn but from the seed."""
    if wrong := _unlike(subject.cloud, subject.method.prepare(subject.history, subject.base, 3)):
        return f"'{wrong}' of the cloud differs the second time it is prepared"
    if wrong := _unlike(_learnt(subject), _learnt(subject)):
        return f"'{wrong}' differs the second time it is learnt"
    if not subject.method.payload_fields:
        return None
    payloads = subject.payloads()
    if wrong := _unlike(payloads, subject.payloads()):
        return f"'{wrong}' of a payload differs the second time"
    wrong = _unlike(subject.updates(payloads), subject.updates(payloads))
    return f"'{wrong}' of an update differs the second time" if wrong else None


def _learnt(subject: Subject) -> DeviceState:
    """Return what devices make of their state by themselves; nothing where they do not learn."""
    try:
        return subject.method.learn(subject.state, subject.recent())[0]
    except NotImplementedError:
        return {}


def _misfit(changed: DeviceState, state: DeviceState, verb: str) -> str | None:
    """Return why a changed state does not fit the one that devices have; it may hold a part of its tensors."""
    for name, values in changed.items():
        if name not in state:
            return f"'{name}' is {verb}, but devices do not start with it"
        if not isinstance(values, torch.Tensor) or values.shape != state[name].shape:
            found = f"has shape {list(values.shape)}" if isinstance(values, torch.Tensor) else "is no tensor"
            return f"'{name}' {found} once it is {verb}; devices start with {list(state[name].shape)}"
        if not _finite(values) and _finite(state[name]):
            return f"'{name}' is not finite once it is {verb}"
    return None


def _finite(values: torch.Tensor) -> bool:
    return bool(torch.isfinite(values).all())


def _unlike(one: Payload | DeviceState, other: Payload | DeviceState) -> str | None:
    """Return the first tensor in which two differ; None if they are the same to the bit."""
    names = [*one, *(name for name in other if name not in one)]
    return next((name for name in names if not (name in one and name in other and _same(one[name], other[name]))), None)


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    # What is not finite is found by another law.
    return one.shape == other.shape and bool(torch.equal(one.nan_to_num(), other.nan_to_num()))


LAWS: tuple[Law, ...] = (
    has_a_name,
    declared_bytes,
    devices_apart,
    requests_in_order,
    repeatable,
    cloud_unchanged,
    state_is_tensors,
    state_fits,
)
