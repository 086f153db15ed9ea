"""How the machine is, for administrators: what its runner, its queue, its disks and its messages do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.files import Disk
from runner.jobs import Pause, Requester, State, Trouble
from runner.scripts import BrokenScript
from runner.service.permissions import Permissions
from runner.service.queue import QueueService
from runner.service.scripts import ScriptService
from runner.store import Store
from runner.system.beats import Beat
from runner.system.load import MachineLoad

_MOST_TROUBLES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """The machine at one moment; ``runner`` is what its runner last said, None where none runs here.

    ``disks`` are None where they cannot be asked; ``troubles`` are messages not delivered so far, the newest first, at
    most a hundred.
    """

    runner: Beat | None
    running_count: int
    waiting_count: int
    paused: Pause | None
    disks: Sequence[Disk] | None
    load: MachineLoad
    troubles: Sequence[Trouble]
    broken: Sequence[BrokenScript]


class MachineService:
    """What administrators may ask about the machine; ``beat``, ``disks`` and ``load`` find out how it is now."""

    def __init__(  # noqa: PLR0913  # its parts are passed in
        self,
        *,
        permissions: Permissions,
        scripts: ScriptService,
        queue: QueueService,
        store: Store,
        beat: Callable[[], Beat | None],
        disks: Callable[[], Sequence[Disk]],
        load: Callable[[], MachineLoad],
    ) -> None:
        self._permissions = permissions
        self._scripts = scripts
        self._queue = queue
        self._store = store
        self._beat = beat
        self._disks = disks
        self._load = load

    def is_for(self, person: Requester) -> bool:
        """Whether this person may know how the machine is."""
        return self._permissions.is_admin(person)

    def state(self, person: Requester) -> MachineState:
        """How it is now; Refused where this person is no administrator."""
        self._permissions.check_admin(person, "see how the machine is")
        return MachineState(
            runner=self._last_beat(),
            running_count=self._store.jobs.count(states=[State.RUNNING]),
            waiting_count=self._queue.length(),
            paused=self._queue.paused(),
            disks=self._known_disks(),
            load=self._load(),
            troubles=self._store.outbox.troubles(limit=_MOST_TROUBLES),
            broken=self._scripts.broken(person),
        )

    def _last_beat(self) -> Beat | None:
        try:
            return self._beat()
        except OSError:
            return None

    def _known_disks(self) -> Sequence[Disk] | None:
        try:
            return self._disks()
        except OSError:
            return None
