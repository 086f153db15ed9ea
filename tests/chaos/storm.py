"""People ask for jobs while everything that serves them is killed at random; what they were promised is kept."""

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from runner.errors import ScriptRunnerError
from runner.jobs import UNFINISHED, Requester
from runner.system.clock import system_clock
from tests.chaos.site import Site
from tests.chaos.workload import WEIGHTS
from tests.support.machine.installation import texts
from tests.support.slack.person import ADMIN, MARIA, TOM, YUKI, Person, wait_for

PEOPLE = {MARIA: "maria", TOM: "tom", YUKI: "yuki", ADMIN: "ines"}
BY_FORM = 5
"""Every so-many-th job is asked for with the form, the others by the service that is behind it."""

_KINDS = {"runner": 8, "bot": 3, "supervisor": 4, "script": 3, "fork server": 2, "everything": 3}
_AHEAD = 12
_MONTH = timedelta(days=30)
_SETTLE_SECONDS = 240


@dataclass
class Promised:
    """A job that was acknowledged to a person."""

    job_id: int
    user_id: str
    script: str


@dataclass
class Storm:
    """So many jobs, and so many kills spread evenly over them; all choices come from the seed."""

    site: Site
    seed: int
    jobs: int
    kills: int
    promised: list[Promised] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    hit: set[int] = field(default_factory=set)
    """Jobs whose supervisor was killed."""
    shot: set[int] = field(default_factory=set)
    """Jobs of which a process was killed."""
    outages: list[tuple[float, float]] = field(default_factory=list)
    """When no runner was there to see a job end."""
    troubles: list[BaseException] = field(default_factory=list)

    def rage(self) -> None:
        """Go on until every job was asked for and every kill has hit, then until all is settled."""
        self._chance = random.Random(self.seed)  # noqa: S311  # no secret
        for part in ("runner", "bot"):
            self.site.start(part)
        for part in ("runner", "bot"):
            self.site.wait_until_ready(part)
        asking = [
            self._thread(self._ask_by_form, self.jobs // BY_FORM),
            self._thread(self._ask_service, self.jobs - self.jobs // BY_FORM),
            self._thread(self._cancel_endless, 0),
        ]
        while self.killed.total() < self.kills and not self.troubles:
            self._wait_for_jobs()
            time.sleep(self._chance.expovariate(4))
            self._strike()
        for thread in asking:
            thread.join()
        if self.troubles:
            raise self.troubles[0]
        self._settle()

    def _thread(self, ask: Callable[[random.Random, int], None], number: int) -> threading.Thread:
        chance = random.Random(self._chance.random())  # noqa: S311  # no secret

        def run() -> None:
            try:
                ask(chance, number)
            except BaseException as error:  # noqa: BLE001  # the main thread raises it
                self.troubles.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def _is_early(self, share: float) -> bool:
        """Whether those who ask are far ahead of the kills."""
        return share * self.kills > self.killed.total() + _AHEAD and not self.troubles

    def _wait_for_jobs(self) -> None:
        """Do not kill on when the people have fallen far behind."""
        share = self.killed.total() / self.kills
        wait_for(lambda: len(self.promised) + _AHEAD * 2 >= share * self.jobs or self.troubles, 120, what="asked for")

    def _ask_service(self, chance: random.Random, number: int) -> None:
        for count in range(number):
            while self._is_early(count / number):
                time.sleep(0.02)
            user_id, script = self._wish(chance)
            person = _requester(user_id)
            found = self.site.service.scripts.find(person, script, exactly=True)
            job = self.site.service.submit(person, found, {}, submission=f"storm {count}")
            self.promised.append(Promised(job.id, user_id, script))

    def _ask_by_form(self, chance: random.Random, number: int) -> None:
        for count in range(number):
            while self._is_early(count / number):
                time.sleep(0.02)
            user_id, script = self._wish(chance)
            job_id = None
            while job_id is None and not self.troubles:
                job_id = _filled_in(self.site.workspace.person(user_id), script)
            if job_id is not None:
                self.promised.append(Promised(job_id, user_id, script))

    def _wish(self, chance: random.Random) -> tuple[str, str]:
        script = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        return chance.choice(list(PEOPLE)), script

    def _cancel_endless(self, chance: random.Random, _: int) -> None:
        """Cancel what would never end, each some time after it was asked for, waiting or running."""
        cancelled: set[int] = set()
        while len(self.promised) < self.jobs and not self.troubles:
            time.sleep(chance.uniform(0.1, 1))
            self._cancel(cancelled)
        self._cancel(cancelled)

    def _cancel(self, cancelled: set[int]) -> None:
        for each in list(self.promised):
            if each.script == "endless.sh" and each.job_id not in cancelled:
                cancelled.add(each.job_id)
                with suppress(ScriptRunnerError):  # it has ended: its supervisor was killed
                    self.site.service.cancel(_requester(each.user_id), each.job_id)

    def _strike(self) -> None:
        kind = self._chance.choices(list(_KINDS), list(_KINDS.values()))[0]
        strikes = {
            "runner": self._strike_runner,
            "bot": self._strike_bot,
            "supervisor": self._strike_supervisor,
            "script": self._strike_script,
            "fork server": self._strike_fork_server,
            "everything": self._strike_everything,
        }
        if strikes[kind]():
            self.killed[kind] += 1

    def _strike_runner(self) -> bool:
        self.site.kill("runner")
        self._restart("runner", since=time.time())
        return True

    def _strike_bot(self) -> bool:
        self.site.kill("bot")
        self.site.start("bot")
        return True

    def _strike_everything(self) -> bool:
        self.hit |= self.site.kill_all()
        since = time.time()
        self.site.start("bot")
        self._restart("runner", since=since)
        return True

    def _restart(self, part: str, *, since: float) -> None:
        """Soon or a little later; sometimes the next kill comes before it is ready."""
        time.sleep(self._chance.choice([0, 0, self._chance.uniform(0, 0.5)]))
        self.site.start(part)
        if self._chance.random() < 0.7:
            self.site.wait_until_ready(part)
        self.outages.append((since, time.time()))

    def _strike_fork_server(self) -> bool:
        pid = self.site.fork_server()
        return pid is not None and _killed(pid, lambda: pid == self.site.fork_server())

    def _strike_supervisor(self) -> bool:
        found = self.site.supervisors()
        if not found:
            return False
        job_id, pid = self._chance.choice(found)
        self.hit.add(job_id)
        return _killed(pid, lambda: (job_id, pid) in self.site.supervisors())

    def _strike_script(self) -> bool:
        found = self.site.supervisors()
        if not found:
            return False
        job_id, _ = self._chance.choice(found)
        scripts = self.site.scripts_of(job_id)
        if not scripts:
            return False
        pid = self._chance.choice(scripts)
        self.shot.add(job_id)
        return _killed(pid, lambda: pid in self.site.scripts_of(job_id))

    def _settle(self) -> None:
        """Wait until every job has ended and every message and file has gone."""
        store = self.site.assembly.store

        def is_settled() -> bool:
            if store.jobs.count(states=UNFINISHED):
                return False  # asked first: the end of the last job is owed with it
            told = all(store.outbox.next_due(channel=channel) is None for channel in ("slack", "email"))
            return told and not store.files.next_batch(now=system_clock() + _MONTH, channel="slack", after=None)

        wait_for(is_settled, _SETTLE_SECONDS, what="settled")


def _requester(user_id: str) -> Requester:
    name = PEOPLE[user_id]
    return Requester(user_id=user_id, team_id="T0WORKSHOP1", email=f"{name}@example.com", name=name)


def _filled_in(person: Person, script: str) -> int | None:
    """Ask with the form; the number that the person was told, or None where the bot was killed under their hands."""
    try:
        if person.views():
            person.close(everything=True)
        if not person.command(f"/runscript {script}")["ok"]:
            return None
        wait_for(lambda: (views := person.views()) and views[-1]["callback_id"] == "runscript.form", 3)
        if not person.submit()["ok"]:
            return None
        told = wait_for(lambda: re.search(r"Job (\d+) queued", texts(person.views())), 3)
    except AssertionError:
        return None
    return int(told[1])


def _killed(pid: int, is_meant: Callable[[], bool]) -> bool:
    """Kill that very process, not one that has its number by now."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if not is_meant():
            return False
        signal.pidfd_send_signal(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(process)
    return True
