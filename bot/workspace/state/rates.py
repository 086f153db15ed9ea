"""Slack's rate limits: how many calls of a method, and messages to a channel, are taken in a minute."""

import math
from collections import deque

from cachetools import TTLCache

from bot.workspace.clock import Clock

MINUTE = 60.0
HOUR = 60 * MINUTE
# Calls of one method a minute, by the tier that Slack's description of the method names. "t5" stands for a limit of its
# own: several hundred a minute (docs: rate limits).
TIERS = {"t1": 1, "t2": 20, "t3": 50, "t4": 100, "t5": 300}
# One message a second to a channel; "short bursts" are taken, and how short is said nowhere.
BURST = 5
MESSAGES_PER_SECOND = 1.0


class Rates:
    """The calls of the last minute; nothing is refused while the limits are off."""

    def __init__(self, clock: Clock, *, is_on: bool) -> None:
        self.is_on = is_on
        self._clock = clock
        self._calls = TTLCache[str, deque[float], float](200, ttl=24 * HOUR, timer=clock)
        self._channels = TTLCache[str, tuple[float, float], float](10_000, ttl=HOUR, timer=clock)

    def seconds_to_wait(self, method: str, tier: str | None, channel: str | None) -> int:
        """0 where the call is taken, which counts it; else the whole seconds after which the next one is."""
        if not self.is_on or tier is None:
            return 0
        wait = self._call(method, TIERS[tier])
        if not wait and method == "chat.postMessage" and channel:
            wait = self._message(channel)
        return math.ceil(wait)

    def _call(self, method: str, most: int) -> float:
        now, calls = self._clock(), self._calls.get(method)
        if calls is None:
            calls = deque()
            self._calls[method] = calls
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= most:
            return calls[0] + MINUTE - now
        calls.append(now)
        return 0

    def _message(self, channel: str) -> float:
        now = self._clock()
        left, at = self._channels.get(channel) or (float(BURST), now)
        left = min(BURST, left + (now - at) * MESSAGES_PER_SECOND)
        if left < 1:
            return (1 - left) / MESSAGES_PER_SECOND
        self._channels[channel] = (left - 1, now)
        return 0
