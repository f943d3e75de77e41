"""Sends what the outbox holds and records every attempt. At least once: a crash between sending and recording sends again, same key.

One dispatcher at a time (`lake.lock("dispatch")`). Destinations are served side by side, each in its own thread, so that one that hangs
delays nobody else; the lake is written by the calling thread alone.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Final

import pyarrow as pa

from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, DeliveryState, Destination
from panther_dagster.dispatch.destinations import open_destination
from panther_dagster.dispatch.messages import read_messages
from panther_dagster.dispatch.options import Surroundings
from panther_dagster.dispatch.outbox import Health, Outbox, PendingDelivery, read_outbox
from panther_dagster.dispatch.transport import Clock
from panther_dagster.errors import DestinationError
from panther_dagster.settings import DestinationSettings, Settings
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import DELIVERIES

FIRST_BACKOFF_SECONDS: Final = 5.0
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Attempt:
    """One attempt and what came of it: a row of DELIVERIES."""

    delivery: PendingDelivery
    result: DeliveryResult
    attempt_time: datetime
    next_attempt_time: datetime | None
    seconds: float


@dataclass(frozen=True)
class DispatchReport:
    """What a round did. `waiting` deliveries become due from `next_due_time` on; `problems` are destinations that cannot be used."""

    attempts: tuple[Attempt, ...] = ()
    waiting: int = 0
    next_due_time: datetime | None = None
    problems: tuple[str, ...] = ()
    unknown_destinations: tuple[str, ...] = ()

    def count(self, state: DeliveryState) -> int:
        """Attempts that ended so."""
        return sum(attempt.result.state is state for attempt in self.attempts)

    @property
    def delivered(self) -> int:
        """Attempts that got through."""
        return self.count(DeliveryState.DELIVERED)

    @property
    def retried(self) -> int:
        """Attempts that will be repeated."""
        return self.count(DeliveryState.RETRY)

    @property
    def failed(self) -> int:
        """Attempts that failed for good."""
        return self.count(DeliveryState.FAILED)

    @property
    def delivered_by_destination(self) -> dict[str, int]:
        """Destination -> deliveries that got through."""
        return dict(Counter(a.delivery.destination for a in self.attempts if a.result.state is DeliveryState.DELIVERED))


@dataclass(frozen=True)
class _Round:
    """What all parts of a round share. `now` is the caller's time, moved on by the clock."""

    settings: Settings
    start_utc: datetime
    clock: Clock
    start: float
    dice: random.Random
    stopped: threading.Event = field(default_factory=threading.Event)

    def now(self) -> datetime:
        return self.start_utc + timedelta(seconds=self.clock() - self.start)


def pending(
    lake: Lake,
    settings: Settings,
    now_utc: datetime,
    *,
    environment: Mapping[str, str] | None = None,
) -> Outbox:
    """What a round would send now. Reads only."""
    destinations, _ = open_destinations(settings, environment=environment)
    return read_outbox(lake, settings, destinations, now_utc)


def dispatch_alerts(
    lake: Lake,
    settings: Settings,
    *,
    now_utc: datetime,
    linger_seconds: float = 0.0,
    environment: Mapping[str, str] | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
    dice: random.Random | None = None,
) -> DispatchReport:
    """Deliver all that is due; then wait up to `linger_seconds` in all for what becomes due soon (short retries), and return.

    A destination that cannot be used (a secret is missing, a wrong option) is reported, and its deliveries wait.

    Args: now_utc: naive UTC. environment: None is the process's own.
    """
    destinations, problems = open_destinations(settings, environment=environment, clock=clock)
    around = _Round(settings, now_utc, clock, clock(), dice or random.Random())
    attempts: list[Attempt] = []
    with lake.lock("dispatch"):
        while True:
            outbox = read_outbox(lake, settings, destinations, around.now())
            if outbox.due and len(attempts) < settings.dispatch.max_deliveries_per_round:
                attempts += _send_all(lake, outbox, destinations, around, settings.dispatch.max_deliveries_per_round - len(attempts))
                continue
            soon = None if outbox.due else outbox.next_due_time
            if soon is None or (soon - now_utc).total_seconds() > linger_seconds:
                break
            sleep(max(0.0, (soon - around.now()).total_seconds()))
    return DispatchReport(
        attempts=tuple(attempts),
        waiting=outbox.waiting + len(outbox.due),
        next_due_time=around.now() if outbox.due else outbox.next_due_time,
        problems=problems,
        unknown_destinations=outbox.unknown_destinations,
    )


def deliver_one(
    lake: Lake,
    settings: Settings,
    delivery: PendingDelivery,
    *,
    now_utc: datetime,
    environment: Mapping[str, str] | None = None,
    clock: Clock = time.monotonic,
    dice: random.Random | None = None,
) -> Attempt | None:
    """Deliver one entry of an outbox and record it; None when it is not due any more, say because another dispatcher was faster.

    For callers that fan out over `pending()` and have retries of their own: call it again while the state is RETRY.
    Raises: DestinationError: the destination cannot be used.
    """
    destination = open_destination(settings_of(settings, delivery.destination), surroundings_of(settings, environment, clock))
    destinations = {delivery.destination: destination}
    around = _Round(settings, now_utc, clock, clock(), dice or random.Random())
    with lake.lock("dispatch"):
        outbox = read_outbox(lake, settings, destinations, now_utc, alert_id=delivery.alert_id)
        current = next((one for one in outbox.due if one.destination == delivery.destination), None)
        if current is None:
            return None
        message = read_messages(lake, settings, [current.alert_id])[current.alert_id]
        attempt = _attempt(current, message, destination, around)
        _record(lake, [attempt])
    return attempt


def open_destinations(
    settings: Settings, *, environment: Mapping[str, str] | None = None, clock: Clock = time.monotonic
) -> tuple[dict[str, Destination], tuple[str, ...]]:
    """Enabled destinations by name, and what is wrong with those that cannot be used."""
    opened: dict[str, Destination] = {}
    problems: list[str] = []
    for one in settings.destinations:
        try:
            if one.is_enabled:
                opened[one.name] = open_destination(one, surroundings_of(settings, environment, clock))
        except DestinationError as error:
            problems.append(error.text)
    return opened, tuple(problems)


def _send_all(lake: Lake, outbox: Outbox, destinations: Mapping[str, Destination], around: _Round, most: int) -> list[Attempt]:
    """One pass over what is due: a thread for each destination sends, this one records."""
    due = outbox.due[:most]
    messages = read_messages(lake, around.settings, {delivery.alert_id for delivery in due})
    done: SimpleQueue[Attempt | None] = SimpleQueue()
    threads = []
    for name in dict.fromkeys(delivery.destination for delivery in due):
        own = [delivery for delivery in due if delivery.destination == name]
        arguments = (own, messages, destinations[name], outbox.health.get(name, Health()), around, done)
        threads.append(threading.Thread(target=_serve, args=arguments, name=f"dispatch-{name}", daemon=True))
    attempts: list[Attempt] = []
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            finished = _all_of(done)
            running -= finished.count(None)
            made = [attempt for attempt in finished if attempt is not None]
            _record(lake, made)
            attempts += made
    finally:
        around.stopped.set()
        for thread in threads:
            thread.join()
        around.stopped.clear()
    return attempts


def _serve(
    due: Sequence[PendingDelivery],
    messages: Mapping[str, AlertMessage],
    destination: Destination,
    health: Health,
    around: _Round,
    done: SimpleQueue[Attempt | None],
) -> None:
    """Send one destination's deliveries until one too many in a row fails; the rest stays in the outbox."""
    failures = 0
    most_failures = 1 if health.is_probing else around.settings.dispatch.failures_before_pause
    try:
        for delivery in due:
            if around.stopped.is_set():
                return
            attempt = _attempt(delivery, messages[delivery.alert_id], destination, around)
            done.put(attempt)
            if attempt.result.state is not DeliveryState.RETRY:
                failures, most_failures = 0, around.settings.dispatch.failures_before_pause
                continue
            failures += 1
            if failures >= most_failures or attempt.result.status_code == 429:
                return
    finally:
        done.put(None)


def _attempt(delivery: PendingDelivery, message: AlertMessage, destination: Destination, around: _Round) -> Attempt:
    begin = around.clock()
    time_utc = around.now()
    if delivery.last_attempt_time is not None:
        # Attempts are put in order by their time, which a coarse clock would repeat.
        time_utc = max(time_utc, delivery.last_attempt_time + timedelta(microseconds=1))
    told = replace(message, idempotency_key=delivery.idempotency_key, attempt_time=time_utc)
    result = attempt_delivery(destination, told, delivery.action, delivery.previous_reference)
    next_time = None
    if result.state is DeliveryState.RETRY:
        next_time = around.now() + timedelta(seconds=_backoff_seconds(delivery.attempt, result, around))
    return Attempt(delivery, result, time_utc, next_time, around.clock() - begin)


def attempt_delivery(destination: Destination, message: AlertMessage, action: Action, reference: str | None) -> DeliveryResult:
    """One attempt, recorded nowhere; whatever the destination's code does is a result."""
    try:
        return destination.deliver(message, action, reference)
    except Exception as error:
        # A destination with a bug is down, no more; its text may hold a secret.
        return DeliveryResult(DeliveryState.RETRY, detail=f"the destination raised {type(error).__name__}")


def _backoff_seconds(attempt: int, result: DeliveryResult, around: _Round) -> float:
    """Until the next attempt: what the destination asked for and a little more, else 5 s doubled each time, half of it by chance."""
    if result.retry_after_seconds is not None:
        return max(1.0, result.retry_after_seconds) * around.dice.uniform(1.0, 1.1)
    longest = min(FIRST_BACKOFF_SECONDS * 2 ** min(attempt - 1, 30), around.settings.dispatch.max_pause_seconds)
    return longest * around.dice.uniform(0.5, 1.0)


def _all_of(done: SimpleQueue[Attempt | None]) -> list[Attempt | None]:
    """At least one, and all that are there: what is finished is recorded at once, in few transactions."""
    found = [done.get()]
    while True:
        try:
            found.append(done.get_nowait())
        except Empty:
            return found


def _record(lake: Lake, attempts: Iterable[Attempt]) -> None:
    rows = [
        {
            "delivery_id": hashlib.md5(
                f"{attempt.delivery.idempotency_key}\n{attempt.delivery.attempt}".encode(), usedforsecurity=False
            ).hexdigest(),
            "alert_id": attempt.delivery.alert_id,
            "destination": attempt.delivery.destination,
            "action": attempt.delivery.action.value,
            "revision": attempt.delivery.revision,
            "alert_status": attempt.delivery.alert_status,
            "attempt": attempt.delivery.attempt,
            "state": attempt.result.state.value,
            "status_code": attempt.result.status_code,
            "detail": attempt.result.detail,
            "external_reference": attempt.result.external_reference,
            "idempotency_key": attempt.delivery.idempotency_key,
            "attempt_time": attempt.attempt_time,
            "next_attempt_time": attempt.next_attempt_time,
            "seconds": attempt.seconds,
        }
        for attempt in attempts
    ]
    if rows:
        data = pa.Table.from_pylist(rows, schema=DELIVERIES.columns)
        lake.transact(lambda transaction: transaction.append(DELIVERIES, data))


def settings_of(settings: Settings, name: str) -> DestinationSettings:
    """The settings of a destination. Raises DestinationError."""
    for one in settings.destinations:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in settings.destinations) or "none is configured"
    raise DestinationError(f"unknown destination '{name}'; known: {known}")


def surroundings_of(settings: Settings, environment: Mapping[str, str] | None, clock: Clock) -> Surroundings:
    """What destinations get besides their options."""
    return Surroundings(home=settings.home, timeout_seconds=settings.dispatch.timeout_seconds, environment=environment, clock=clock)
