"""Scripts that others can change are named, and by default not run; modes along the whole path count."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import UnknownScript
from runner.scripts import Catalogue
from runner.scripts.authoring.check import notes, report
from runner.scripts.exposure import Trust, Writers

STRANGER = 54_321
Change = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three folders deep: above/scripts/group/a.sh."""
    group = tmp_path / "above" / "scripts" / "group"
    group.mkdir(parents=True)
    for path in (group, group.parent, group.parent.parent):
        path.chmod(0o755)
    (group / "a.sh").write_text("#!/bin/sh\n")
    (group / "a.sh").chmod(0o755)
    return group.parent


def mode(place: str, bits: int) -> Change:
    return lambda folder: (folder / place).chmod(bits)


OTHERS = [
    ("group/a.sh", 0o757),
    ("group/a.sh", 0o777),
    ("group", 0o757),
    ("group", 0o1777),
    (".", 0o777),
    (".", 0o1777),
    ("..", 0o777),
]
GROUP = [("group/a.sh", 0o775), ("group", 0o775), (".", 0o2775), ("..", 0o775)]


@pytest.mark.parametrize(("place", "bits"), OTHERS)
@pytest.mark.parametrize("refused", [Writers.OTHERS, Writers.GROUP])
def test_script_that_everybody_can_change_is_broken_and_says_why(
    folder: Path, place: str, bits: int, refused: Writers
) -> None:
    path = Path(os.path.normpath(folder / place))
    path.chmod(bits)
    catalogue = Catalogue(folder, refused=refused)

    assert not catalogue.scripts()
    words = f"{path} (mode {bits:04o}) can be changed by everybody; mend it with: chmod o-w {path}"
    with pytest.raises(UnknownScript, match="can be changed by everybody"):
        catalogue.script("a.sh")
    assert [f"{problem}" for each in catalogue.broken() for problem in each.problems] == [words]
    assert report([folder], refused=refused) == [f"{folder}/group/a.sh: {words}"]


@pytest.mark.parametrize(("place", "bits"), GROUP)
def test_script_that_a_group_can_change_is_named_and_run_unless_that_is_refused(
    folder: Path, place: str, bits: int
) -> None:
    (folder / place).chmod(bits)

    assert [script.name for script in Catalogue(folder).scripts()] == ["group/a.sh"]
    assert report([folder]) == []
    (note,) = notes([folder])
    assert f"(mode {bits:04o}) can be changed by the group" in note
    assert "chmod g-w" in note
    assert not Catalogue(folder, refused=Writers.GROUP).scripts()


@pytest.mark.parametrize(("place", "bits"), OTHERS + GROUP)
def test_nothing_is_refused_where_the_settings_say_so(folder: Path, place: str, bits: int) -> None:
    (folder / place).chmod(bits)

    assert len(Catalogue(folder, refused=Writers.NOBODY).scripts()) == 1
    assert len(notes([folder], refused=Writers.NOBODY)) == 1


def test_folder_above_where_nobody_can_put_another_in_its_place_is_no_danger(folder: Path) -> None:
    folder.parent.chmod(0o1777)

    assert len(Catalogue(folder).scripts()) == 1
    assert notes([folder]) == []


@pytest.mark.needs_root
@pytest.mark.parametrize("place", ["group/a.sh", "group", ".."])
def test_what_belongs_to_somebody_else_can_be_changed_by_them(folder: Path, place: str) -> None:
    path = Path(os.path.normpath(folder / place))
    os.chown(path, STRANGER, -1)

    (line,) = report([folder])

    words = f"can be changed by its owner, the user {STRANGER}; mend it with: sudo chown root {path}"
    assert line == f"{folder}/group/a.sh: {path} (mode 0755) {words}"


@pytest.mark.needs_root
def test_whoever_has_the_scripts_folder_may_have_the_scripts(folder: Path) -> None:
    for path in (folder, folder / "group", folder / "group/a.sh"):
        os.chown(path, STRANGER, -1)

    assert report([folder]) == []
    assert notes([folder]) == []


def test_change_of_modes_counts_at_once(folder: Path) -> None:
    catalogue = Catalogue(folder)
    assert len(catalogue.scripts()) == 1
    folder.parent.chmod(0o777)
    assert not catalogue.scripts()
    folder.parent.chmod(0o755)
    assert len(catalogue.scripts()) == 1


def test_links_that_lead_out_are_named_and_others_not(folder: Path) -> None:
    (folder / "out").symlink_to("/usr/share")
    (folder / "group" / "far").symlink_to("../../../elsewhere")
    (folder / "in").symlink_to("group/a.sh")
    (folder / ".hidden").symlink_to("/usr/share")

    found = list(Trust.of(folder).links_out())

    assert [line.split(" ")[0] for line in found] == [f"{folder}/out", f"{folder}/group/far"]
    assert all("leads out of the scripts folder, to " in line for line in found)
    assert notes([folder]) == found


def test_file_that_is_checked_by_name_is_looked_at_too(folder: Path) -> None:
    path = folder / "group" / "a.sh"
    path.chmod(0o777)

    assert report([path]) == [f"{path}: {path} (mode 0777) can be changed by everybody; mend it with: chmod o-w {path}"]
