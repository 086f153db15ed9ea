"""More than anybody needs."""

from runner.jobs import State
from tests.attack.attacks import Attacks
from tests.attack.target import MOST_WAITING, Target
from tests.support.machine.installation import Form, texts

ATTACKS = Attacks("floods")


@ATTACKS("one person's jobs as fast as they can be submitted: others' start and end meanwhile")
def jobs_of_one_person(target: Target, hardness: int) -> None:
    del hardness
    numbers = [target.submit(target.maria, "wait") for _ in range(2)]
    for number in numbers:
        target.running(number)
    numbers += [target.submit(target.maria, "wait") for _ in range(MOST_WAITING)]
    target.maria.close(everything=True)
    Form(target.maria, "wait")
    assert f"at most {MOST_WAITING} of one person may wait" in texts(target.maria.top_view())
    target.maria.submit()
    assert target.assembly.store.jobs.count(user_id=target.maria.id) >= len(numbers)
    assert target.job(numbers[-1]).state is State.QUEUED
    target.assert_serves()
    target.go(*numbers)


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
    target.maria.wait_for_dm(f"Job {job.id} succeeded", is_broadcast=True)
