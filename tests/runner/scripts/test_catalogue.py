"""The catalogue shows the scripts of a folder as they are now; the check reports what is wrong with them."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from runner.errors import ScriptRunnerError, UnknownScript
from runner.scripts import Catalogue, ReadingPatience
from runner.scripts.annotations import AnnotationSettings
from runner.scripts.authoring.check import notes, report
from runner.scripts.catalogue import BrokenScriptAsked
from runner.scripts.files import MAX_FILES, MAX_READ
from runner.scripts.parameters import TYPES
from runner.scripts.parameters.texts import Text
from tests.support.slack.person import wait_for

Put = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    return tmp_path / "scripts"


@pytest.fixture
def put(folder: Path) -> Put:
    def put(name: str, text: str | bytes = "#!/bin/sh\n", mode: int = 0o755) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    return put


@pytest.fixture
def catalogue(folder: Path) -> Catalogue:
    return Catalogue(folder)


def names(catalogue: Catalogue) -> list[str]:
    return [script.name for script in catalogue.scripts()]


def broken(catalogue: Catalogue) -> dict[str, str]:
    return {each.name: "; ".join(map(str, each.problems)) for each in catalogue.broken()}


def test_scripts_are_sorted_by_group_and_title(catalogue: Catalogue, put: Put) -> None:
    put("text/b.py", "#!/bin/sh\n##~~ {title: Zebra}\n")
    put("text/c.py", "#!/bin/sh\n##~~ {title: ant}\n")
    put("z.sh")
    put("genomes/deep/x")
    put("a", "#!/bin/sh\n##~~ {group: Meetings}\n")

    assert names(catalogue) == ["z.sh", "genomes/deep/x", "a", "text/c.py", "text/b.py"]
    assert [script.group for script in catalogue.scripts()] == ["", "genomes/deep", "Meetings", "text", "text"]


def test_a_script_has_the_path_and_what_its_annotations_say(catalogue: Catalogue, put: Put) -> None:
    path = put("text/word_count.py", "#!/bin/sh\n##~~ {description: Counts}\n##~~ input - the text\n")

    (script,) = catalogue.scripts()

    assert (script.path, script.title, script.description) == (path, "Word count", "Counts")
    assert [parameter.name for parameter in script.parameters] == ["input"]


def test_hidden_files_and_folders_special_files_and_plain_files_are_no_scripts(
    catalogue: Catalogue, folder: Path, put: Put
) -> None:
    put(".hidden")
    put(".git/hooks/commit")
    put("data.csv", "1,2\n", 0o644)
    os.mkfifo(folder / "pipe", 0o777)
    (folder / "empty").mkdir()

    assert (names(catalogue), broken(catalogue)) == ([], {})


def test_a_binary_program_is_a_script_without_parameters(catalogue: Catalogue, put: Put) -> None:
    put("tool", b"\x7fELF\x00\xff\xfe\n\x80\r\n")

    (script,) = catalogue.scripts()

    assert script.parameters == ()


def test_an_annotation_that_is_not_utf_8_is_a_problem(catalogue: Catalogue, put: Put) -> None:
    put("old.sh", b"#!/bin/sh\n# caf\xe9\n##~~ note - caf\xe9\n")

    ((_, problem),) = broken(catalogue).items()

    assert problem.endswith("is not UTF-8")


def test_a_broken_script_hides_no_other(catalogue: Catalogue, put: Put) -> None:
    put("a.sh", "#!/bin/sh\n##~~ x {type: intger} - y\n")
    put("b.sh")

    assert names(catalogue) == ["b.sh"]
    assert "did you mean “integer”?" in broken(catalogue)["a.sh"]


def test_an_annotated_file_that_is_not_executable_is_broken(catalogue: Catalogue, put: Put) -> None:
    put("a.sh", "#!/bin/sh\n##~~ x - y\n", 0o644)

    assert broken(catalogue) == {"a.sh": "is not executable: chmod +x"}


def test_links_are_not_followed_out_of_the_folder_or_within(
    catalogue: Catalogue, folder: Path, put: Put, tmp_path: Path
) -> None:
    put("real.sh")
    (tmp_path / "outside").mkdir()
    put("../outside/evil.sh")
    (folder / "link.sh").symlink_to(tmp_path / "outside/evil.sh")
    (folder / "folder").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to("/nonexistent")

    assert names(catalogue) == ["real.sh"]
    assert list(broken(catalogue)) == ["link.sh"]


def test_the_scripts_folder_itself_may_be_a_link(folder: Path, put: Put, tmp_path: Path) -> None:
    put("a.sh")
    (tmp_path / "current").symlink_to(folder)

    assert names(Catalogue(tmp_path / "current")) == ["a.sh"]


def test_annotations_behind_the_first_256_kib_are_told_with_their_line(catalogue: Catalogue, put: Put) -> None:
    head = "#!/bin/sh\n##~~ a - x\n"
    filler = "#" * (MAX_READ - len(head) - 11) + "\n"
    put("big.sh", f"{head}{filler}##~~ b - half a line\n##~~ c - beyond\n")
    comments = "# a comment\n" * 100_000
    put("far.sh", f"{head}{comments}\n\n  # ##~~ {{title: X}}\n")
    put("cut.sh", f"{head}{comments}")

    told = "is an annotation behind the first 256 KiB, which alone are read: move it to the top"
    assert {each.name: [(p.line, p.message) for p in each.problems] for each in catalogue.broken()} == {
        "big.sh": [(4, told)],
        "far.sh": [(100_005, told)],
    }
    assert names(catalogue) == ["cut.sh"]


def test_argc_and_argparse_behind_the_first_256_kib_are_told(catalogue: Catalogue, put: Put) -> None:
    filler = "# a comment\n" * 30_000
    put("argc.sh", f'#!/bin/bash\n# @option --top\n{filler}eval "$(argc --argc-eval "$0" "$@")"\n')
    put("tags.sh", f"#!/bin/bash\n{filler}# @option --top\n")

    assert [(each.name, each.problems[0].line) for each in catalogue.broken()] == [("argc.sh", 30_003)]
    assert names(catalogue) == ["tags.sh"]


@pytest.mark.parametrize("head", [b"\x7fELF\0\0", b"#!/bin/sh\ntail -n +3 $0 | tar x\n"], ids=["program", "archive"])
def test_a_large_executable_costs_no_more_than_a_look_at_its_beginning(
    catalogue: Catalogue, put: Put, head: bytes
) -> None:
    os.truncate(put("large", head), 2**40)

    before = _read_so_far()
    assert names(catalogue) == ["large"]
    assert _read_so_far() - before < 16 * 1024**2


def _read_so_far() -> int:
    """Bytes that this process has read: proc(5)."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_folders_of_packages_and_environments_are_no_groups(catalogue: Catalogue, put: Put, folder: Path) -> None:
    for name in ("node_modules/tool", "web/node_modules/tool", "lib/x/site-packages/tool", "lib/x-1.0.dist-info/tool"):
        put(f"{name}.sh")
    put("mine/pyvenv.cfg", "", 0o644)
    put("mine/bin/pip.sh")
    put("venv/bin/pip.sh")
    put("conda/conda-meta/history", "", 0o644)
    put("conda/bin/tool.sh")
    put("store/refs/heads/x", "", 0o644)
    put("store/objects/x", "", 0o644)
    put("store/HEAD", "", 0o644)
    put("store/hooks/update.sh")
    put("env/work.sh")
    (folder / "mine/bin/python").symlink_to("/usr/bin/env")

    assert names(catalogue) == ["env/work.sh"]
    assert broken(catalogue) == {}
    assert notes([folder]) == [
        f"{folder}/{name} is passed over: it looks like {kind}, with programs of its own"
        for name, kind in (
            ("venv", "an environment of Python"),
            ("store", "a repository of Git"),
            ("mine", "an environment of Python"),
            ("conda", "an environment of conda"),
        )
    ]


def test_more_files_than_are_looked_at_are_told(folder: Path, put: Put) -> None:
    put("a.sh")
    for number in range(MAX_FILES):
        (folder / f"b{number}").touch()

    assert report([folder]) == [
        f"{folder}: holds more than 10,000 files, and no others are looked at: keep what is no script elsewhere"
    ]


@pytest.mark.parametrize("name", [b"a\nb.sh", b"a\x1b[31m.sh", b"a\xff.sh", b"a\xe2\x80\xae.sh"])
def test_a_file_name_that_cannot_be_shown_is_broken_and_shown_escaped(
    catalogue: Catalogue, folder: Path, name: bytes
) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)

    ((shown, problem),) = broken(catalogue).items()

    assert shown.encode().isascii()
    assert "must be UTF-8 text without control characters" in problem
    assert all(line.isprintable() for line in report([folder]))


def test_a_path_too_long_for_a_menu_is_broken(catalogue: Catalogue, put: Put) -> None:
    put(f"{'x' * 100}/{'y' * 50}")

    assert "at most 150 characters" in next(iter(broken(catalogue).values()))


def test_added_changed_and_removed_files_show_without_a_restart(catalogue: Catalogue, put: Put) -> None:
    assert names(catalogue) == []
    path = put("a.sh", "#!/bin/sh\n##~~ {title: One}\n")
    assert catalogue.script("a.sh").title == "One"
    put("a.sh", "#!/bin/sh\n##~~ {title: Two}\n")
    assert catalogue.script("a.sh").title == "Two"
    path.chmod(0o644)
    assert list(broken(catalogue)) == ["a.sh"]
    path.unlink()
    assert (names(catalogue), broken(catalogue)) == ([], {})


def test_a_file_replaced_by_one_of_equal_size_and_time_is_read_again(catalogue: Catalogue, put: Put) -> None:
    path = put("a.sh", "#!/bin/sh\n##~~ {title: One}\n")
    before = path.stat()
    assert catalogue.script("a.sh").title == "One"

    other = put("new", "#!/bin/sh\n##~~ {title: Two}\n")
    other.replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert catalogue.script("a.sh").title == "Two"


def test_unchanged_files_are_not_read_again(catalogue: Catalogue, put: Put) -> None:
    put("a.sh", "#!/bin/sh\n##~~ x - y\n")
    put("b.sh", "#!/bin/sh\n##~~ x - y\n")
    kept = catalogue.script("b.sh")
    put("a.sh", "#!/bin/sh\n##~~ {title: New}\n")

    assert catalogue.script("b.sh") is kept
    assert catalogue.scripts() is catalogue.scripts()


def test_many_threads_may_ask_while_files_come_and_go(catalogue: Catalogue, put: Put) -> None:
    put("steady.sh")

    def ask(number: int) -> bool:
        put(f"s{number}.sh").unlink()
        return "steady.sh" in names(catalogue) and not broken(catalogue)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(200)))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScriptRunnerError, match=r"The scripts folder .*absent cannot be read: No such file"):
        Catalogue(tmp_path / "absent").scripts()


@pytest.mark.parametrize(
    "name", ["text/word_count.py", "TEXT/Word_Count.py", "word_count.py", "Word_Count", "word_count"]
)
def test_a_script_is_found_by_its_name_or_bare_file_name_in_any_case(catalogue: Catalogue, put: Put, name: str) -> None:
    put("text/word_count.py")

    assert catalogue.script(name).name == "text/word_count.py"


def test_a_bare_name_that_two_scripts_have_finds_neither(catalogue: Catalogue, put: Put) -> None:
    put("a/count.py")
    put("b/count.sh")

    assert catalogue.script("count.py").name == "a/count.py"
    with pytest.raises(UnknownScript) as caught:
        catalogue.script("count")
    assert caught.value.nearest == ("a/count.py", "b/count.sh")


@pytest.mark.parametrize("name", ["count.py", "a/COUNT.py", "count"])
def test_a_script_asked_for_exactly_is_not_taken_for_its_namesake(catalogue: Catalogue, put: Put, name: str) -> None:
    put("a/count.py")

    with pytest.raises(UnknownScript):
        catalogue.script(name, exactly=True)


def test_a_broken_script_is_not_taken_for_its_namesake(catalogue: Catalogue, put: Put) -> None:
    put("count.py", "#!/bin/sh\n##~~ oops\n")
    put("text/count.py")

    with pytest.raises(BrokenScriptAsked, match=r"“count\.py” is broken and cannot be run: line 2: found “oops”"):
        catalogue.script("count.py")


def test_an_unknown_name_is_answered_with_the_nearest(catalogue: Catalogue, put: Put) -> None:
    put("text/word_count.py")
    put("other.sh")

    with pytest.raises(UnknownScript, match=r"no script “wordcont”. Did you mean “text/word_count.py”\?"):
        catalogue.script("wordcont")


@pytest.mark.parametrize("name", ["", "..", "../outside", "/etc/passwd", "a\x1b[31m\n", "\ud800", "x" * 100_000])
def test_an_odd_name_is_answered_with_one_printable_line(catalogue: Catalogue, put: Put, name: str) -> None:
    put("a.sh")

    with pytest.raises(UnknownScript) as caught:
        catalogue.script(name)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_search_wants_every_word_and_shows_titles_before_names_before_descriptions(
    catalogue: Catalogue, put: Put
) -> None:
    put("a.sh", "#!/bin/sh\n##~~ {title: Other, description: how many WORDS there are to count}\n")
    put("words/count.sh", "#!/bin/sh\n##~~ {title: Tally}\n")
    put("b.sh", "#!/bin/sh\n##~~ {title: Count of words}\n")
    put("c.sh", "#!/bin/sh\n##~~ {title: Count words}\n")
    put("d.sh", "#!/bin/sh\n##~~ {title: Count letters}\n")

    found = [script.name for script in catalogue.search("count Words")]

    assert found == ["c.sh", "b.sh", "words/count.sh", "a.sh"]
    assert len(catalogue.search(" ")) == 5


def test_the_report_of_a_folder_names_file_line_and_what_is_allowed(folder: Path, put: Put) -> None:
    put("good.sh")
    path = put("text/bad.sh", "#!/bin/sh\n##~~ a {type: dat} - x\n##~~ b\n")

    first, second = report([folder])

    assert first == (
        f"{path}:2: found “dat”: is no type of parameter; allowed: text, multiline, integer, number, boolean, choice,"
        " date, time, datetime, email, url, ip, user, input, output; did you mean “date”?"
    )
    assert second.startswith(f"{path}:3: found “b”: is none of the three forms")


def test_the_report_of_good_scripts_is_empty(folder: Path, put: Put) -> None:
    assert report([put("good.sh", "#!/bin/sh\n##~~ a - x\n"), folder]) == []


def test_a_file_that_was_named_must_be_an_executable_file(folder: Path, put: Put, tmp_path: Path) -> None:
    plain = put("plain.txt", "x", 0o644)
    (folder / "link").symlink_to(plain)
    os.mkfifo(folder / "pipe")

    assert report([plain, folder / "link", folder / "pipe", tmp_path / "absent"]) == [
        f"{plain}: is not executable: chmod +x",
        f"{folder / 'link'}: is not executable: chmod +x",
        f"{folder / 'pipe'}: is no regular file",
        f"{tmp_path / 'absent'}: No such file or directory",
    ]


def test_the_report_heeds_the_marker(put: Put) -> None:
    path = put("a.sh", "#!/bin/sh\n# @arg oops\n##~~ ignored\n")

    assert len(report([path], AnnotationSettings(marker="@arg"))) == 1


def test_names_and_annotations_beyond_ascii_are_read_in_an_ascii_locale(folder: Path, put: Put) -> None:
    put("größe.sh", "#!/bin/sh\n##~~ {title: Größe 👩‍🔬}\n##~~ note - caf\xe9\n")
    code = (
        "import sys, pathlib; from runner.scripts import Catalogue\n"
        "print(ascii([(s.name, s.title) for s in Catalogue(pathlib.Path(sys.argv[1])).scripts()]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, folder],
        env={"LC_ALL": "C", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == (ascii([("größe.sh", "Größe 👩‍🔬")]) + "\n", "")


def test_folder_that_takes_long_is_answered_as_it_was_or_said_to_be_slow(folder: Path, put: Put) -> None:
    gate = threading.Event()

    class Gated(Text):
        type: ClassVar[str] = "gated"

        def _contradictions(self) -> Iterator[tuple[str, str]]:
            assert gate.wait(60)
            yield from super()._contradictions()

    short = timedelta(seconds=0.05)

    patience = ReadingPatience(known=short, unknown=short, stale=timedelta(minutes=1))
    slow = Catalogue(folder, types={**TYPES, "gated": Gated}, patience=patience)

    def title() -> str:
        with suppress(ScriptRunnerError):
            return slow.script("slow.sh").title
        return ""

    put("slow.sh", "#!/bin/sh\n##~~ {title: Before}\n##~~ a {type: gated} - x\n")
    with pytest.raises(ScriptRunnerError, match=r"The scripts folder .* its disk may be slow or away"):
        slow.scripts()
    gate.set()
    wait_for(lambda: title() == "Before")
    gate.clear()
    put("slow.sh", "#!/bin/sh\n##~~ {title: Afterwards}\n##~~ a {type: gated} - x\n")

    assert title() == "Before"
    gate.set()
    wait_for(lambda: title() == "Afterwards")
