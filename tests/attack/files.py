"""Files that scripts leave and people bring."""

from runner.jobs import State
from tests.attack.attacks import Attacks
from tests.attack.target import Target

ATTACKS = Attacks("files")


@ATTACKS("results named as commands, with line breaks and marks: what people are told fetches them")
def odd_names(target: Target, hardness: int) -> None:
    del hardness
    job = target.run(target.maria, "odd_results")
    assert job.state is State.SUCCEEDED
    command, password = target.retrieval(target.maria, job.id)
    assert "\n" not in command
    where = target.paste(command, password)
    assert not list(target.command.folder.rglob("pwned"))
    assert [path.read_text() for path in where.rglob("right.txt")] == ["right\n"]
    assert not [path for path in where.rglob("*") if path.is_symlink() or path.name == "passwd"]
