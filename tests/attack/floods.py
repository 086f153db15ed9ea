"""More than anybody needs."""

from runner.jobs import State
from tests.attack.attacks import Attacks
from tests.attack.target import Target

ATTACKS = Attacks("floods")


@ATTACKS("a log of hundreds of megabytes")
def log(target: Target, hardness: int) -> None:
    del hardness
    job = target.run(target.maria, "flood_log")
    assert job.state is State.FAILED
    assert "log" in (job.reason or "")
    assert sum(path.stat().st_size for path in target.folder(job.id).rglob("*")) < 25 * 1024 * 1024


@ATTACKS("12,000 results: none disappears without a word")
def many_results(target: Target, hardness: int) -> None:
    del hardness
    job = target.run(target.maria, "many_files")
    assert job.state is State.SUCCEEDED
    target.maria.wait_for_dm(f"Job {job.id} succeeded")
