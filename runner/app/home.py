"""Builds what people see of their own jobs, and administrators of the machine."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from runner.files import DiskSpace
from runner.service import (
    HomeService,
    InputService,
    MachineService,
    Permissions,
    QueueService,
    ScriptMenuService,
    ScriptService,
)
from runner.store import Store
from runner.system.beats import last_beat
from runner.system.load import machine_load


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineParts:
    """What tells how the machine is: its disks, and the file in which its runner says that it lives."""

    space: DiskSpace
    runner_beat: Path


def home_service(  # noqa: PLR0913  # its parts are passed in
    store: Store,
    parts: MachineParts,
    *,
    permissions: Permissions,
    scripts: ScriptService,
    menus: ScriptMenuService,
    inputs: InputService,
    queue: QueueService,
    keep: timedelta,
) -> HomeService:
    """The service of the Home tab; ``keep`` is how long files are kept."""
    machine = MachineService(
        permissions=permissions,
        scripts=scripts,
        queue=queue,
        store=store,
        beat=partial(last_beat, parts.runner_beat),
        disks=parts.space.disks,
        load=machine_load,
    )
    return HomeService(menus=menus, inputs=inputs, queue=queue, machine=machine, store=store, keep=keep)
