"""The process of one exchange: a device asks, the cloud answers, the update takes effect."""

from __future__ import annotations

from agents.contract import ExchangeKind, Outcome
from sim.exchanges.exchange_context import ExchangeContext
from sim.kernel.calendar import ProcessGenerator
from sim.kernel.records import IN_FLIGHT, INSTALLED, SUPERSEDED, Exchange
from sim.links.message import Message, TransferOutcome, failed


def ask(context: ExchangeContext, x: Exchange) -> bool:
    """Let a device ask now; return whether that makes an exchange, at once or when those before it are over.

    A device that is away asks nothing; one that is busy does what its policy says.
    """
    if not context.is_there(x.device):
        context.away += 1
        return False
    learner = context.learners.holding(x.device)
    if learner is None:
        return leave(context, x)
    if learner.request is not None:
        context.in_flight.dropped += 1
        return False
    learner.request = x
    return True


def exchange_process(context: ExchangeContext, x: Exchange) -> ProcessGenerator:
    """Simulate one exchange, with as many attempts as the device's retry policy allows."""
    retry_policy, result = context.retry_policy[x.device], TransferOutcome.LOST
    for attempt in range(retry_policy.retries + 1):
        result = yield from _attempt(context, x, attempt)
        if result is not TransferOutcome.LOST:
            break
        context.handover.close(x, Outcome.LOST, context.clock.now)
        yield x.sent_s + retry_policy.timer_s(attempt)
    if (following := end(context, x, result, context.clock.now)) is not None:
        context.clock.start_process(exchange_process(context, following), rank=following.ticket)


def _attempt(context: ExchangeContext, x: Exchange, attempt: int) -> ProcessGenerator:
    """Send the request, have it served, bring the update back; return the outcome."""
    x.begin_attempt(context.clock.now)
    context.handover.note(x)
    context.know_payload(x)
    device_availability = context.availability_of(x.device)
    request = Message(x, attempt, device_availability, upwards=True)
    reached_s, result = yield from context.up[x.device].cross(request, x.sent_s)
    if result is not TransferOutcome.ARRIVED:
        return result

    x.reached_s = reached_s
    context.handover.note(x)
    result = yield from context.cloud.serve(x, context.handover)
    if result is not TransferOutcome.ARRIVED:
        return result

    context.handover.note(x)
    context.know_update(x)
    update = Message(x, attempt, device_availability, upwards=False)
    returned_s, result = yield from context.down[x.device].cross(update, x.served_s)
    if result is TransferOutcome.ARRIVED:
        x.returned_s = returned_s
    return result


def end(context: ExchangeContext, x: Exchange, result: TransferOutcome, now_s: float) -> Exchange | None:
    """Record how an exchange ended, with or without an update that takes effect; return the next to leave."""
    x.over = True
    if result is not TransferOutcome.ARRIVED:
        x.outcome = failed(result)
    if x.outcome is IN_FLIGHT:
        x.installed_s, x.outcome = x.returned_s, INSTALLED
        context.learners.overtaken(x.device)
        watch_age(context, x)
    # A lost attempt has been closed when it was lost.
    if result is not TransferOutcome.LOST:
        context.handover.close(x, Outcome[x.outcome.upper()], x.installed_s if x.outcome is INSTALLED else now_s)
    return context.in_flight.release(x)


def leave(context: ExchangeContext, x: Exchange) -> bool:
    """Let a request leave, at once or when those before it are over; return whether it will leave at all."""
    dropped = context.in_flight.dropped
    if context.in_flight.admit(x):
        context.clock.start_process(exchange_process(context, x), rank=x.ticket)
    return context.in_flight.dropped == dropped


def leave_late(context: ExchangeContext, x: Exchange) -> None:
    """Let a request leave that had to wait for its device; it is dropped if another one is under way."""
    if not leave(context, x):
        x.over, x.outcome = True, SUPERSEDED


def watch_age(context: ExchangeContext, x: Exchange) -> None:
    """Schedule the expiry of the update that an exchange has just brought, unless another follows."""
    change = context.expiry.renew(x.device)
    if context.expiry.after_s is not None:
        context.clock.start_process(_expire(context, x.device, change, x.installed_s + context.expiry.after_s))


def _expire(context: ExchangeContext, device: int, change: int, at_s: float) -> ProcessGenerator:
    yield at_s
    if context.expiry.is_latest(device, change):
        x = Exchange.without_request(context.tickets.take(), device, ExchangeKind.EXPIRY)
        context.handover.close(x, Outcome.INSTALLED, at_s)
