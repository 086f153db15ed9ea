"""Choices listed by real commands and files: in time, in bounds, never through a shell, and their failures told."""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.scripts import ChoiceLists, ChoicesUnavailable, Script, ScriptOptions
from runner.scripts.annotations import read
from runner.scripts.choices import Listing
from runner.scripts.parameters import Choice, Suggesting
from runner.scripts.script import script
from tests.support.slack.person import wait_for

SHORT = timedelta(seconds=0.3)


@dataclass
class Lists:
    """Lists of choices beside a script in a folder of its own."""

    folder: Path
    clock: Any
    patience: timedelta = timedelta(seconds=10)
    environment: tuple[str, ...] = ("PATH",)
    lists: ChoiceLists = field(init=False)

    def __post_init__(self) -> None:
        self.lists = ChoiceLists(environment=self.environment, monotonic=self.clock.uptime, patience=self.patience)

    def program(self, body: str, name: str = "list") -> Path:
        path = self.folder / name
        path.write_text(f"#!{sys.executable} -IS\n{body}\n")
        path.chmod(0o755)
        return path

    def script(self, options: str = "{command: [./list]}", *, more: str = "", others: str = "") -> Script:
        text = f"{others}##~~ host {{type: choice, choices_from: {options}{more}}} - x\n"
        found = read(text)
        assert found.problems == ()
        return script(name="a.sh", path=self.folder / "a.sh", options=ScriptOptions(), parameters=found.parameters)

    def listed(self, of: Script, raw: Mapping[str, str | None] | None = None) -> list[tuple[str, str]]:
        return [(each.value, each.label) for each in self.lists.listed(of, parameter(of), raw or {})]

    def values(self, of: Script, raw: Mapping[str, str | None] | None = None) -> list[str]:
        return [value for value, _ in self.listed(of, raw)]

    def failure(self, of: Script, raw: Mapping[str, str | None] | None = None) -> str:
        with pytest.raises(ChoicesUnavailable) as caught:
            self.listed(of, raw)
        return str(caught.value)

    def runs(self) -> int:
        """How often the program was run that writes a line to the file of that name."""
        path = self.folder / "runs"
        return len(path.read_text().splitlines()) if path.exists() else 0


COUNTED = "open('runs', 'a').write('run\\n')\n"


def parameter(of: Script) -> Listing:
    found = of.parameters[-1]
    assert isinstance(found, Choice | Suggesting)
    return found


@pytest.fixture
def lists_factory(tmp_path: Path, clock: Any) -> Callable[..., Lists]:
    def make(**parts: timedelta | tuple[str, ...]) -> Lists:
        return Lists(tmp_path, clock, **parts)  # type: ignore[arg-type]

    return make


@pytest.fixture
def lists(lists_factory: Callable[..., Lists]) -> Lists:
    return lists_factory()


def test_lines_are_choices_with_their_labels_behind_a_tab(lists: Lists) -> None:
    lists.program(r"print('b\tBig\tone\n\na\n   \nc\t  \nb\tAgain\n日本\t😀\r')")

    assert lists.listed(lists.script()) == [("b", "Big\tone"), ("a", "a"), ("c", "c"), ("日本", "😀")]


def test_choices_that_are_written_down_need_no_command(lists: Lists) -> None:
    found = read("##~~ size {type: choice, choices: {s: Small, l: Large}} - x\n##~~ size2 {suggestions: [a]} - x")
    made = script(name="a", path=lists.folder / "a", options=ScriptOptions(), parameters=found.parameters)

    first, second = made.parameters
    assert isinstance(first, Choice)
    assert isinstance(second, Suggesting)
    assert [(each.value, each.label) for each in lists.lists.listed(made, first, {})] == [
        ("s", "Small"),
        ("l", "Large"),
    ]
    assert [each.value for each in lists.lists.listed(made, second, {})] == ["a"]


def test_program_is_looked_for_in_the_path_or_beside_the_script_and_works_there(lists: Lists) -> None:
    lists.program("import os, sys; print(os.getcwd()); print(*sys.argv[1:], sep='\\n')")

    assert lists.values(lists.script("{command: [echo, here]}")) == ["here"]
    assert lists.values(lists.script("{command: [./list, 'a b', -x]}")) == [str(lists.folder), "a b", "-x"]


@pytest.mark.parametrize("word", ["$(touch made)", "`touch made`", "; touch made", "a\\tb", "*", "$HOME", "-n", "%s"])
def test_no_shell_is_between(lists: Lists, word: str) -> None:
    lists.program("import sys; print(ascii(sys.argv[1]))")
    (lists.folder / "star").touch()

    assert lists.values(lists.script(f"{{command: [./list, '{word}']}}")) == [ascii(word)]
    assert not (lists.folder / "made").exists()


def test_command_has_the_variables_that_are_set_for_it_and_no_others(
    lists_factory: Callable[..., Lists], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPTRUNNER_SECRET_KEY", "s3cret")
    monkeypatch.setenv("WANTED", "yes")
    lists = lists_factory(environment=("PATH", "WANTED", "ABSENT"))
    lists.program("import os\nfor name in os.environ: print(name)")

    found = lists.values(lists.script())

    assert set(found) - {"LC_CTYPE"} == {"PATH", "WANTED"}


OTHERS = (
    "##~~ region {pattern: '[a-z]+', required: false} - x\n##~~ fast {type: boolean} - x\n"
    "##~~ Disk-Type {required: false, when: {fast: true}} - x\n##~~ tag {multiple: true, required: false} - x\n"
    "##~~ count {type: integer, required: false} - x\n"
)
SHOW = """
import os
for name in sorted(os.environ):
    if name.startswith("SCRIPTRUNNER"):
        print(name, ascii(os.environ[name]))
"""
MEET = """
import os, time
open(os.environ["SCRIPTRUNNER_VALUE_REGION"], "w")
while not (os.path.exists("one") and os.path.exists("two")):
    time.sleep(0.01)
print("met")
"""


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ({}, ["FAST 'false'"]),
        ({"region": "eu", "fast": "true", "Disk-Type": "ssd"}, ["DISK_TYPE 'ssd'", "FAST 'true'", "REGION 'eu'"]),
        ({"region": "eu", "fast": "false", "Disk-Type": "hidden"}, ["FAST 'false'", "REGION 'eu'"]),
        ({"region": None, "fast": None, "tag": "a\nb"}, ["FAST 'false'", r"TAG 'a\nb'"]),
        ({"region": "EU; rm", "count": "many"}, ["FAST 'false'"]),
        ({"region": "a\0b", "tag": "\ud800"}, ["FAST 'false'"]),
        ({"count": "+007"}, ["COUNT '7'", "FAST 'false'"]),
    ],
)
def test_choices_depend_on_values_that_are_shown_and_right(
    lists: Lists, raw: dict[str, str | None], seen: list[str]
) -> None:
    lists.program(SHOW)
    made = lists.script(more=", depends: [region, fast, Disk-Type, tag, count]", others=OTHERS)

    assert lists.values(made, raw) == [f"SCRIPTRUNNER_VALUE_{line}" for line in seen]


def test_command_is_not_told_what_it_does_not_depend_on(lists: Lists) -> None:
    lists.program(SHOW)

    assert lists.values(lists.script(more=", depends: [fast]", others=OTHERS), {"region": "eu", "fast": "true"}) == [
        "SCRIPTRUNNER_VALUE_FAST 'true'"
    ]


def test_answer_is_kept_for_its_time_for_each_set_of_values(lists: Lists) -> None:
    lists.program(COUNTED + "print('a')")
    made = lists.script("{command: [./list], cache: 10s}", more=", depends: [region]", others=OTHERS)

    for raw in ({"region": "eu"}, {"region": "eu", "count": "5"}, {"region": "us"}, {"region": "eu"}):
        lists.values(made, raw)
    assert lists.runs() == 2

    lists.clock.move(timedelta(seconds=9.9))
    lists.values(made, {"region": "eu"})
    assert lists.runs() == 2

    lists.clock.move(timedelta(seconds=0.1))
    lists.values(made, {"region": "eu"})
    assert lists.runs() == 3


def test_script_that_was_touched_is_asked_anew_also_after_a_failure(lists: Lists) -> None:
    made = lists.script()
    made.path.touch()
    lists.failure(made)
    lists.program("print('a')")

    os.utime(made.path, ns=(1, 1))

    assert lists.values(made) == ["a"]


def test_command_that_was_written_anew_is_run_anew(lists: Lists) -> None:
    assert lists.values(lists.script("{command: [echo, before]}")) == ["before"]
    assert lists.values(lists.script("{command: [echo, after]}")) == ["after"]


def test_those_who_ask_at_once_wait_for_one_answer(lists: Lists) -> None:
    lists.program(COUNTED + "import time; time.sleep(0.2); print('a')")
    made, found = lists.script(), list[list[str]]()
    threads = [threading.Thread(target=lambda: found.append(lists.values(made))) for _ in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [["a"]] * 20
    assert lists.runs() == 1


def test_lists_of_different_values_do_not_wait_for_each_other(lists: Lists) -> None:
    lists.program(MEET)
    made, found = lists.script(more=", depends: [region]", others=OTHERS), list[list[str]]()
    threads = [
        threading.Thread(target=lambda raw=raw: found.append(lists.values(made, raw)))
        for raw in ({"region": "one"}, {"region": "two"})
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [["met"], ["met"]]


def test_failure_is_kept_for_a_short_while_only(lists: Lists) -> None:
    lists.program(COUNTED + "raise SystemExit('no such database')")
    made = lists.script("{command: [./list], cache: 1h}")

    assert lists.failure(made) == lists.failure(made)
    assert lists.runs() == 1

    lists.clock.move(timedelta(seconds=5))
    lists.program("print('a')")
    assert lists.values(made) == ["a"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("raise SystemExit(3)", "./list: ended with exit code 3."),
        ("import sys; sys.exit('first\\nno\\x1b[31m such\\u202e host')", r"exit code 1: no\x1b[31m such\u202e host."),
        ("import sys; sys.exit('x' * 5000)", f"exit code 1: {'x' * 199}…."),
        ("import os; os.write(2, b'\\xff\\xfe'); raise SystemExit(1)", r"exit code 1: \xff\xfe."),
        ("import os; os.kill(os.getpid(), 11)", "./list: was ended by signal 11."),
        ("print('a'); print('b\\x00c')", "./list: line 2 must be one line of text without control characters."),
        ("print('a\\x1b[31m')", "./list: line 1 must be one line of text without control characters."),
        ("print('x' * 151)", "./list: line 1 must be at most 150 characters long, not 151."),
        ("import os; os.write(1, b'a\\n\\xff')", "./list: is not UTF-8 text, from byte 3."),
        ("for n in range(10_001): print(n)", "./list: lists more than the 10,000 choices that are allowed."),
        ("print('x' * 10_000_000)", "./list: printed more than the 1,048,576 bytes that are allowed."),
        ("import sys; sys.stderr.write('x' * 10_000_000)", "./list: printed more than the 1,048,576 bytes"),
        ("while True: print('x', flush=True)", "./list: printed more than the 1,048,576 bytes that are allowed."),
    ],
)  # fmt: skip
def test_failure_is_told(lists: Lists, body: str, told: str) -> None:
    lists.program(body)

    found = lists.failure(lists.script())

    assert found.startswith("The choices of “Host” cannot be listed: ")
    assert told in found
    assert found.isprintable()
    assert len(found) < 400


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("{command: [./gone]}", "./gone: No such file or directory."),
        ("{command: [no-such-program-anywhere]}", "no-such-program-anywhere: No such file or directory."),
        ("{command: [./plain]}", "./plain: Permission denied."),
        ("{command: [./text]}", "./text: has no first line that says what runs it, such as #!/bin/sh."),
        ("{file: gone}", "gone: No such file or directory."),
        ("{file: .}", ".: is no regular file."),
        ("{file: fifo}", "fifo: is no regular file."),
        ("{file: link-to-fifo}", "link-to-fifo: is no regular file."),
        ("{file: link-to-nothing}", "link-to-nothing: No such file or directory."),
        ("{file: /dev/zero}", "/dev/zero: is no regular file."),
        ("{file: large}", "large: has more than the 1,048,576 bytes that are allowed."),
        ("{file: strange}", "strange: is not UTF-8 text, from byte 1."),
        ("{file: control}", "control: line 1 must be one line of text without control characters."),
    ],
)
def test_source_that_cannot_be_read_is_told(lists: Lists, options: str, told: str) -> None:
    (lists.folder / "plain").write_text("#!/bin/sh\n")
    (lists.folder / "text").write_text("just text")
    (lists.folder / "text").chmod(0o755)
    os.mkfifo(lists.folder / "fifo")
    (lists.folder / "link-to-fifo").symlink_to("fifo")
    (lists.folder / "link-to-nothing").symlink_to("nothing")
    (lists.folder / "large").write_text("a\n" * 600_000)
    (lists.folder / "strange").write_bytes(b"\xff")
    (lists.folder / "control").write_text("\x07\n")

    assert lists.failure(lists.script(options)) == f"The choices of “Host” cannot be listed: {told}"


def test_file_of_choices_is_read_anew_as_soon_as_it_changes(lists: Lists) -> None:
    (lists.folder / "v1").write_text("a\tAlpha\nb\n")
    (lists.folder / "hosts").symlink_to("v1")
    made = lists.script("{file: hosts, cache: 1d}")
    assert lists.listed(made) == [("a", "Alpha"), ("b", "b")]

    (lists.folder / "v1").write_text("c\n")
    os.utime(lists.folder / "v1", ns=(1, 1))

    assert lists.values(made) == ["c"]


def test_command_without_output_offers_nothing(lists: Lists) -> None:
    lists.program("")

    assert lists.values(lists.script()) == []


@pytest.mark.parametrize(
    "body", ["while True: pass", "import signal, time\nsignal.signal(15, lambda *_: None)\ntime.sleep(99)"]
)
def test_command_that_takes_too_long_is_ended(lists_factory: Callable[..., Lists], body: str) -> None:
    lists = lists_factory(patience=SHORT)
    lists.program(f"import os\nopen('pid', 'w').write(str(os.getpid()))\n{body}")
    begun = time.monotonic()

    assert "./list: took longer than 0.3 s." in lists.failure(lists.script())

    assert time.monotonic() - begun < 20
    wait_for(lambda: not is_alive(lists.folder / "pid"), what="the command ended")


def test_command_has_two_seconds_where_nothing_else_is_said(lists: Lists, clock: Any) -> None:
    lists.program("import time; time.sleep(9)")
    usual = ChoiceLists(environment=["PATH"], monotonic=clock.uptime)
    made, begun = lists.script(), time.monotonic()

    with pytest.raises(ChoicesUnavailable, match="took longer than 2 s"):
        usual.listed(made, parameter(made), {})

    assert 2 <= time.monotonic() - begun < 9, "it waited for the command"


CHILD = """
import os, subprocess
child = subprocess.Popen(["sleep", "99"], start_new_session={})
open("pid", "w").write(str(child.pid))
print("a")
"""


@pytest.mark.parametrize("leaves", [True, False])
def test_command_is_done_when_it_ends_whatever_it_leaves_behind(lists: Lists, *, leaves: bool) -> None:
    lists.program(CHILD.format(leaves))
    begun = time.monotonic()

    assert lists.values(lists.script()) == ["a"]

    assert time.monotonic() - begun < 50, "it waited for the child"
    wait_for(lambda: not is_alive(lists.folder / "pid"), what="the child ended")


def is_alive(pid: Path) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid.read_text()}/status").read_text()
    except FileNotFoundError:
        return False


def test_all_that_was_printed_before_the_end_is_read(lists: Lists) -> None:
    lists.program(
        "import sys\nfor n in range(10_000): print(f'{n:080}')\nsys.stdout.close()\nimport time; time.sleep(0.1)"
    )

    assert len(lists.values(lists.script())) == 10_000


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(lists: Lists) -> None:
    lists.program("print('a')")
    lists.values(lists.script("{command: [./list, first]}"))
    before = open_descriptors()

    lists.values(lists.script("{command: [./list]}"))
    lists.failure(lists.script("{command: [false]}"))
    lists.failure(lists.script("{command: [./gone]}"))
    lists.failure(lists.script("{file: .}"))

    assert open_descriptors() == before


def test_many_questions_and_large_answers_are_forgotten_but_the_last(lists: Lists) -> None:
    lists.program("for n in range(10_000): print(n)")
    made = lists.script(more=", depends: [region]", others=OTHERS)
    kept = lists.lists._kept  # noqa: SLF001  # nothing else shows how much is remembered

    for number in range(32):
        lists.values(made, {"region": "abcdefgh"[number % 8] * (number + 1)})

    assert len(kept) == 30
    assert len(lists.values(made, {"region": "h" * 32})) == 10_000


def test_chosen_values_are_checked_against_what_is_listed_now(lists: Lists) -> None:
    lists.program("print('eu-1\\neu-2')")
    made = lists.script()

    assert lists.lists.check(made, {"host": "eu-1"}) == {}
    assert lists.lists.check(made, {}) == {}
    assert lists.lists.check(made, {"host": "eu-3"}) == {
        "host": "must be one of eu-1, eu-2, not “eu-3”; did you mean “eu-2”?"
    }


def test_each_of_several_chosen_values_is_checked(lists: Lists) -> None:
    lists.program("print('a\\nb\\nc')")
    made = lists.script(more=", multiple: true")

    assert lists.lists.check(made, {"host": "c\na"}) == {}
    assert lists.lists.check(made, {"host": "a\nx\ny"}) == {"host": "must be one of a, b, c, not “x”"}


def test_nothing_can_be_chosen_from_nothing(lists: Lists) -> None:
    lists.program("")

    assert lists.lists.check(lists.script(), {"host": "a"}) == {
        "host": "cannot be “a”: there is nothing to choose from"
    }


def test_choices_that_cannot_be_looked_up_are_a_problem_of_their_field(lists: Lists) -> None:
    assert lists.lists.check(lists.script(), {"host": "a"}) == {
        "host": "The choices of “Host” cannot be listed: ./list: No such file or directory."
    }


def test_field_that_is_hidden_is_not_looked_up(lists: Lists) -> None:
    made = lists.script(more=", when: {fast: true}", others=OTHERS)

    assert lists.lists.check(made, {"fast": "false", "host": "a"}) == {}


def test_lists_of_one_form_are_looked_up_at_once(lists: Lists) -> None:
    lists.program("import time; time.sleep(0.5); print('a')")
    lines = [f"##~~ p{n} {{type: choice, choices_from: {{command: [./list, '{n}']}}}} - x\n" for n in range(8)]
    made = lists.script(others="".join(lines))
    begun = time.monotonic()

    assert lists.lists.check(made, {f"p{n}": "a" for n in range(8)}) == {}

    assert time.monotonic() - begun < 8 * 0.5, "one after another"


def test_list_that_hangs_for_one_is_not_waited_for_by_others(lists: Lists, tmp_path: Path) -> None:
    has_begun, goes_on = threading.Event(), threading.Event()

    def hanging() -> float:
        is_of_cache = hung._lock.locked()  # noqa: SLF001  # the answers that are kept read the clock too, under it
        if not is_of_cache:
            has_begun.set()
            assert goes_on.wait(60)
        return 0.0

    hung = ChoiceLists(environment=("PATH",), monotonic=hanging, patience=SHORT)
    of = lists.script("{file: hosts}")
    (tmp_path / "hosts").write_text("alpha\n")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(hung.listed, of, parameter(of), {})
        try:
            assert has_begun.wait(30)
            with pytest.raises(ChoicesUnavailable, match="listed for somebody else, and that takes long"):
                hung.listed(of, parameter(of), {})
        finally:
            goes_on.set()

        assert [each.value for each in first.result(30)] == ["alpha"]
