"""Sends commands, interactions and events to the app, with what is to go wrong, and notes what became of each."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from bot.workspace.transport.faults import Fault, Faults
from bot.workspace.transport.journal import Journal
from bot.workspace.transport.link import ANSWER_SECONDS, Answer, Link, Parcel, SendOutcome

# How many seconds after a failed delivery an event is sent again (docs: Events API, retries).
UNDERWAY_MAX = 1000
_VERDICTS = {
    SendOutcome.ACKNOWLEDGED: "acknowledged",
    SendOutcome.TIMED_OUT: "not acknowledged",
    SendOutcome.UNDELIVERED: "undelivered",
}


class Deliveries:
    """What is on its way to the app."""

    def __init__(self, link: Link, *, journal: Journal, faults: Faults, retry_seconds: Sequence[float]) -> None:
        self._link = link
        self._journal = journal
        self._faults = faults
        self._retry_seconds = retry_seconds
        self._underway: set[asyncio.Task[Any]] = set()

    async def deliver(self, parcel: Parcel) -> Answer:
        """Sends a parcel and waits for its acknowledgement, at most three seconds in all."""
        faults = {plan.fault: plan for plan in self._faults.for_delivery()}
        copies = 2 if Fault.DUPLICATE in faults else 1
        delay = faults[Fault.SLOW].seconds if Fault.SLOW in faults else 0.0
        answers = await asyncio.gather(*(self._send(parcel, delay) for _ in range(copies)))
        return next((answer for answer in answers if answer.outcome is SendOutcome.ACKNOWLEDGED), answers[0])

    def send_soon(self, parcel: Parcel) -> None:
        """Sends something for whose acknowledgement nobody waits."""
        self._start(self.deliver(parcel))

    def send_event(self, parcel: Parcel) -> None:
        """Sends an event, again while it is not acknowledged."""
        self._start(self._deliver_event(parcel))

    async def close(self) -> None:
        """Ends what is under way and all connections."""
        for task in list(self._underway):
            task.cancel()
        await self._link.close()

    async def _send(self, parcel: Parcel, delay: float) -> Answer:
        began = time.monotonic()
        late = Answer(
            outcome=SendOutcome.TIMED_OUT, reason=self._link.timeout_reason, detail="nothing came back within 3 s"
        )
        if delay >= ANSWER_SECONDS:
            self._start(self._send_late(parcel, delay))
            await asyncio.sleep(ANSWER_SECONDS)
            answer = late
        else:
            await asyncio.sleep(delay)
            try:
                answer = await asyncio.wait_for(self._link.deliver(parcel), ANSWER_SECONDS - delay)
            except TimeoutError:
                answer = late
        self._journal.note(
            "out",
            parcel.kind,
            _VERDICTS[answer.outcome],
            answer.detail,
            summary=parcel.summary() + (f" (again, {parcel.retry_attempt})" if parcel.retry_attempt else ""),
            seconds=time.monotonic() - began,
            sent=parcel.payload,
            answer=answer.payload,
        )
        return answer

    async def _send_late(self, parcel: Parcel, delay: float) -> None:
        """It still arrives, when nobody waits for it any more."""
        await asyncio.sleep(delay)
        answer = await self._link.deliver(parcel)
        self._journal.note("out", parcel.kind, "too late", summary=parcel.summary(), answer=answer.payload)

    async def _deliver_event(self, parcel: Parcel) -> None:
        answer = await self.deliver(parcel)
        for attempt, seconds in enumerate(self._retry_seconds, start=1):
            if answer.outcome is SendOutcome.ACKNOWLEDGED or answer.wants_no_retry:
                return
            await asyncio.sleep(seconds)
            answer = await self.deliver(replace(parcel, retry_attempt=attempt, retry_reason=answer.reason))

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        if len(self._underway) >= UNDERWAY_MAX:
            work.close()
            self._journal.note("out", "parcel", "dropped", "too many under way")
            return
        task = asyncio.create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)
