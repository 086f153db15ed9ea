from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from runner.settings import Location, Settings, parse_duration


class Place(Settings):
    folder: Location = Path("var")
    count: int = 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("10min", 600),
        ("2h30m", 9000),
        ("2h 30m", 9000),
        ("1.5h", 5400),
        ("7d", 604_800),
        ("1w", 604_800),
        (" 1d ", 86_400),
        (timedelta(seconds=5), 5),
    ],
)
def test_duration_is_read_as_people_write_it(written: object, seconds: int) -> None:
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written",
    ["", "90", 90, "s", "-1h", "1y", "1h\n2", "1h;2m", "\u0661h", "0s", "0.0d", "11000d", "9" * 400 + "d", None, True],
)
def test_anything_else_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match=r"unit|more than nothing"):
        parse_duration(written)


def test_relative_path_starts_from_the_folder_of_the_settings_file(tmp_path: Path) -> None:
    read = Place.model_validate({"folder": "../data"}, context={"folder": tmp_path / "etc"})

    assert read.folder == tmp_path / "data"


def test_default_path_starts_there_too(tmp_path: Path) -> None:
    assert Place.model_validate({}, context={"folder": tmp_path}).folder == tmp_path / "var"


def test_absolute_path_and_home_folder_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")

    assert Place.model_validate({"folder": "/srv/x"}, context={"folder": tmp_path}).folder == Path("/srv/x")
    assert Place.model_validate({"folder": "~/x"}, context={"folder": tmp_path}).folder == Path("/home/ada/x")


@pytest.mark.parametrize("written", [{"fodler": "x"}, {"count": True}, {"folder": 3}])
def test_unknown_key_and_wrong_kind_are_mistakes(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Place.model_validate(written)
