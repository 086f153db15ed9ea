"""A script's digest is computed once, and whoever asks for other things meanwhile does not wait."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from runner.errors import UnknownScript
from runner.scripts import Catalogue
from runner.scripts.digests import PATIENCE, digest_within

ENDLESS_BYTES = 2**43  # nothing but a hole: no time is enough to hash it


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    return tmp_path / "scripts"


@pytest.fixture
def endless(folder: Path) -> Iterator[Path]:
    path = folder / "endless.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    with path.open("r+b") as file:
        file.truncate(ENDLESS_BYTES)
    yield path
    with path.open("r+b") as file:
        file.truncate(0)  # ends what reads it


def put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_digest_is_that_of_the_file_as_it_is_now(folder: Path) -> None:
    catalogue = Catalogue(folder)
    for text in ("#!/bin/sh\necho 1\n", "#!/bin/sh\necho 22\n"):
        put(folder / "a.sh", text)
        catalogue.script("a.sh")

        assert catalogue.digest("a.sh").result() == hashlib.sha256(text.encode()).hexdigest()


def test_digest_is_computed_once_however_many_ask(folder: Path, endless: Path) -> None:
    catalogue = Catalogue(folder)
    catalogue.script("endless.sh")

    assert catalogue.digest("endless.sh") is catalogue.digest("endless.sh")


def test_catalogue_answers_while_a_large_script_is_hashed(folder: Path, endless: Path) -> None:
    put(folder / "small.sh", "#!/bin/sh\n")
    catalogue = Catalogue(folder)
    catalogue.script("endless.sh")
    digest = catalogue.digest("endless.sh")

    assert [script.name for script in catalogue.scripts()] == ["endless.sh", "small.sh"]
    assert digest_within(timedelta(seconds=20), catalogue.digest("small.sh")) is not None
    assert digest_within(timedelta(), digest) is None


def test_script_that_went_since_it_was_asked_for_is_unknown(folder: Path) -> None:
    put(folder / "a.sh", "#!/bin/sh\n")
    catalogue = Catalogue(folder)
    catalogue.script("a.sh")
    (folder / "a.sh").unlink()

    with pytest.raises(UnknownScript):
        digest_within(PATIENCE, catalogue.digest("a.sh"))


def test_digest_is_looked_for_again_where_the_file_could_not_be_read(folder: Path) -> None:
    put(folder / "a.sh", "#!/bin/sh\n")
    catalogue = Catalogue(folder)
    catalogue.script("a.sh")
    (folder / "a.sh").rename(folder / "b.sh")
    assert catalogue.digest("a.sh").exception(20) is not None
    (folder / "b.sh").rename(folder / "a.sh")

    assert catalogue.digest("a.sh").result(20) == hashlib.sha256(b"#!/bin/sh\n").hexdigest()
