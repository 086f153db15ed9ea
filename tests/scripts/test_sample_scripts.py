import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import re
import statistics
import subprocess
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

from runner.scripts import Catalogue
from tests.support.scripts.sampled import (
    AIRPORTS,
    ALICE,
    ARCHIVE,
    ODD_NAMES,
    PLAY,
    SAMPLES,
    SCRIPTS,
    WEATHER,
    Run,
    refused,
    succeeded,
)

Read = Callable[..., tuple[subprocess.CompletedProcess[str], Path]]

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
INSIDE_A_WORD = "'-" + APOSTROPHE
UNPACK = {"gzip": (".gz", gzip.decompress), "bzip2": (".bz2", bz2.decompress), "xz": (".xz", lzma.decompress)}

# For each script that reads a file, its arguments with a place for the input and one for the output.
READERS = {
    "text/word_count.py": ["{input}", "{output}", "10", "1", "true"],
    "text/concordance.awk": ["{input}", "{output}", "rabbit", "40", "true"],
    "text/search.pl": ["{input}", "{output}", "rabbit"],
    "text/unique_lines.sh": ["{input}", "{output}"],
    "tables/summarise_csv.py": ["{input}", "{output}"],
    "tables/select_rows.py": ["{input}", "{output}", "date", "2013-01-01", ""],
    "files/compress.py": ["gzip", "--level=6", "{input}"],
    "files/checksum_tree.sh": ["--limit=10", "{input}", "{output}", "sha256"],
}
TEXT_READERS = [name for name in READERS if not name.startswith("files/")]
GOOD_INPUT = {"tables": WEATHER, "text": ALICE, "files": ARCHIVE}


@pytest.fixture
def read(run: Run, outbox: Path) -> Read:
    """Runs a script that reads a file, with usual values for everything else."""

    def read(name: str, source: Path, output: str = "result") -> tuple[subprocess.CompletedProcess[str], Path]:
        target = outbox / output
        arguments = [part.format(input=source, output=target) for part in READERS[name]]
        if name == "files/compress.py":
            target = outbox / f"{source.name}.gz"
        return run(name, *arguments), target

    return read


# text/word_count.py


def words_of(text: str) -> list[str]:
    """Finds words without a regular expression: letters, with single apostrophes and hyphens inside."""
    cleaned = "".join(
        letter if letter.isalpha() or letter in INSIDE_A_WORD else " " for letter in text.replace("--", " ")
    )
    return [word.strip(INSIDE_A_WORD) for word in cleaned.split() if word.strip(INSIDE_A_WORD)]


@pytest.mark.parametrize("source", [ALICE, PLAY], ids=lambda path: path.stem)
def test_word_count_agrees_with_a_count_made_another_way(source: Path, run: Run, outbox: Path) -> None:
    log = succeeded(run("text/word_count.py", source, outbox / "words.tsv", "100000", "1", "true"))
    header, *rows = [line.split("\t") for line in (outbox / "words.tsv").read_text().splitlines()]
    expected = Counter(words_of(source.read_text(encoding="ascii").lower()))
    assert header == ["word", "count", "percent"]
    assert {word: int(count) for word, count, _ in rows} == expected
    assert [int(count) for _, count, _ in rows] == sorted(expected.values(), reverse=True)
    assert sum(float(share) for *_, share in rows) == pytest.approx(100, abs=1)
    assert log.startswith(f"{expected.total()} words, {len(expected)} different;")


def test_word_count_keeps_to_number_length_and_case(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    source = file("The the cat, a cat; THE thing: things")
    succeeded(run("text/word_count.py", source, outbox / "words.tsv", "2", "3", "false"))
    assert (outbox / "words.tsv").read_text() == "word\tcount\tpercent\ncat\t2\t28.571\nTHE\t1\t14.286\n"


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_word_count_reads_utf_8_in_any_locale(locale: str, run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    source = file(f"\ufeffÉté, e\u0301te\u0301! L{APOSTROPHE}été Straße STRASSE 東京\n")
    succeeded(run("text/word_count.py", source, outbox / "words.tsv", "9", "1", "true", locale=locale))
    rows = (outbox / "words.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split("\t")[:2] for row in rows] == [
        ["strasse", "2"],
        ["été", "2"],
        [f"l{APOSTROPHE}été", "1"],
        ["東京", "1"],
    ]


# text/concordance.awk


@pytest.mark.parametrize(("word", "ignore_case"), [("rabbit", True), ("Rabbit", False), ("it's", True), ("OH", True)])
def test_concordance_finds_every_place_of_a_word(word: str, ignore_case: bool, run: Run, outbox: Path) -> None:
    log = succeeded(run("text/concordance.awk", ALICE, outbox / "c.txt", word, "40", str(ignore_case).lower()))
    fold = str.lower if ignore_case else str
    lines = ALICE.read_text(encoding="ascii").splitlines()
    punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    expected = [
        number
        for number, line in enumerate(lines, start=1)
        for token in line.replace("--", " ").split()
        if fold(token.strip(punctuation)) == fold(word)
    ]
    found = (outbox / "c.txt").read_text().splitlines()
    assert expected
    assert [int(line[:7]) for line in found] == expected
    total = sum(bool(token.strip(punctuation)) for line in lines for token in line.replace("--", " ").split())
    assert log == f"{len(expected)} places among {total} words\n"


def test_concordance_aligns_its_columns(run: Run, outbox: Path) -> None:
    succeeded(run("text/concordance.awk", ALICE, outbox / "c.txt", "rabbit", "30", "true"))
    for line in (outbox / "c.txt").read_text().splitlines():
        before, word_and_after = line[:41], line[41:]
        assert before.endswith("  ")
        assert "rabbit" in word_and_after.split("  ")[0].lower()
        assert len(word_and_after.split("  ", 1)[1]) <= 30


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_concordance_aligns_letters_of_several_bytes(
    locale: str, run: Run, outbox: Path, file: Callable[..., Path]
) -> None:
    source = file("où êtes-vous “été” à présent\nis a summer été\n")
    succeeded(run("text/concordance.awk", source, outbox / "c.txt", "été", "20", "true", locale=locale))
    assert (outbox / "c.txt").read_text(encoding="utf-8").splitlines() == [
        "      1:         où êtes-vous  “été”  à présent is a",
        "      2:  présent is a summer  été  ",
    ]


def test_concordance_takes_backslashes_and_equal_signs_as_they_are(
    run: Run, outbox: Path, file: Callable[..., Path]
) -> None:
    source = file("x x=1\\n y\n")
    log = succeeded(run("text/concordance.awk", source, outbox / "c.txt", "x=1\\n", "20", "false"))
    assert log == "1 places among 3 words\n"


# text/search.pl


@pytest.mark.parametrize("context", ["", "0", "1", "3"])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("pattern", ["rabbit", "^.{0,20}queen", "zebra", "love|rosalind"])
def test_search_finds_the_lines_grep_finds(context: str, invert: bool, pattern: str, run: Run, outbox: Path) -> None:
    options = ["--ignore-case", *["--invert"] * invert, *[f"--context={context}"] * bool(context)]
    log = succeeded(run("text/search.pl", *options, PLAY, outbox / "found.txt", pattern))
    around = ["-C", context] if context not in {"", "0"} else []
    grep = ["grep", "-n", "-i", "-E", *["-v"] * invert, *around, "-e", pattern, str(PLAY)]
    expected = subprocess.run(grep, capture_output=True, encoding="ascii", check=False).stdout
    assert (outbox / "found.txt").read_text(encoding="ascii") == expected
    matches = len(re.findall(r"^\d+:", expected, re.MULTILINE))
    assert log == f"{matches} of {len(PLAY.read_bytes().splitlines())} lines found\n"


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_search_knows_letters_beyond_ascii(locale: str, run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    source = file("l'été\r\nL'ÉTÉ\r\nhiver\r\n")
    succeeded(run("text/search.pl", "--ignore-case", source, outbox / "found.txt", r"\bété$", locale=locale))
    assert (outbox / "found.txt").read_text(encoding="utf-8") == "1:l'été\n2:L'ÉTÉ\n"


def test_search_tells_how_far_it_is_in_a_large_text(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    log = succeeded(run("text/search.pl", file("a line of a long text\n" * 100_000), outbox / "found.txt", "long"))
    *told, last = log.splitlines()
    assert told == [f"{percent}%" for percent in range(1, 101)]
    assert last == "100000 of 100000 lines found"


def test_search_takes_a_pattern_that_looks_like_an_option(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    succeeded(run("text/search.pl", file("a --invert b\nc\n"), outbox / "found.txt", "--invert"))
    assert (outbox / "found.txt").read_text() == "1:a --invert b\n"


def test_search_runs_no_code_from_a_pattern(run: Run, outbox: Path) -> None:
    message = refused(run("text/search.pl", ALICE, outbox / "found.txt", '(?{ system("touch ran") })'))
    assert "pattern is not understood" in message
    assert not (outbox / "ran").exists()


# text/unique_lines.sh


@pytest.mark.parametrize("source", [ALICE, PLAY], ids=lambda path: path.stem)
def test_unique_lines_counts_each_line(source: Path, run: Run, outbox: Path) -> None:
    log = succeeded(run("text/unique_lines.sh", source, outbox / "lines.txt"))
    expected = Counter(source.read_bytes().removesuffix(b"\n").split(b"\n"))
    rows = [row.lstrip().split(b" ", 1) for row in (outbox / "lines.txt").read_bytes().removesuffix(b"\n").split(b"\n")]
    ranking = sorted(expected.items(), key=lambda item: (-item[1], item[0]))
    assert [(line, int(count)) for count, line in rows] == ranking
    assert log == f"{len(expected)} different lines\n"


# tables/summarise_csv.py


def summary(path: Path) -> dict[str, dict[str, str]]:
    return {row["column"]: row for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())}


@pytest.mark.parametrize(
    ("source", "columns"),
    [(WEATHER, ["precipitation", "temp_max", "temp_min", "wind"]), (AIRPORTS, ["latitude", "longitude"])],
    ids=["weather", "airports"],
)
def test_summary_of_numbers_agrees_with_the_statistics_module(
    source: Path, columns: list[str], run: Run, outbox: Path
) -> None:
    succeeded(run("tables/summarise_csv.py", source, outbox / "s.csv"))
    found = summary(outbox / "s.csv")
    rows = list(csv.DictReader(source.read_text(encoding="utf-8").splitlines()))
    for column in columns:
        numbers = [float(row[column]) for row in rows]
        measures = [min(numbers), max(numbers), statistics.fmean(numbers), statistics.stdev(numbers)]
        measures += statistics.quantiles(numbers, n=4, method="inclusive")
        names = ["minimum", "maximum", "mean", "deviation", "quartile_1", "median", "quartile_3"]
        assert [float(found[column][name]) for name in names] == pytest.approx(measures, rel=1e-8)
        assert found[column]["type"] == "number"


def test_summary_of_texts_and_dates_agrees_with_a_plain_count(run: Run, outbox: Path) -> None:
    succeeded(run("tables/summarise_csv.py", "--frequent=5", WEATHER, outbox / "s.csv"))
    found = summary(outbox / "s.csv")
    rows = [line.split(",") for line in WEATHER.read_text().splitlines()[1:]]
    ranking = Counter(row[5] for row in rows).most_common(5)
    assert found["weather"]["most_frequent"] == "; ".join(f"{word} ({count})" for word, count in ranking)
    assert found["weather"]["type"] == "text"
    assert found["date"]["type"] == "date"
    assert (found["date"]["minimum"], found["date"]["maximum"]) == (rows[0][0], rows[-1][0])
    assert {row["count"] for row in found.values()} == {str(len(rows))}


def test_summary_counts_missing_cells(run: Run, outbox: Path) -> None:
    succeeded(run("tables/summarise_csv.py", AIRPORTS, outbox / "s.csv"))
    cells = [row["state"] for row in csv.DictReader(AIRPORTS.read_text(encoding="utf-8").splitlines())]
    found = summary(outbox / "s.csv")["state"]
    assert (found["missing"], found["count"]) == (str(cells.count("NA")), str(len(cells) - cells.count("NA")))
    assert found["different"] == str(len(set(cells) - {"NA"}))


@pytest.mark.parametrize(("option", "mark"), [("detect", ";"), ("semicolon", ";"), ("tab", "\t"), ("detect", "\t")])
def test_summary_reads_other_delimiters(
    option: str, mark: str, run: Run, outbox: Path, file: Callable[..., Path]
) -> None:
    source = file('näme;größe\n"a;b";1\nc;2\n\n'.replace(";", mark), "t.csv")
    succeeded(run("tables/summarise_csv.py", f"--delimiter={option}", source, outbox / "s.csv", locale="C"))
    found = summary(outbox / "s.csv")
    assert found["größe"]["mean"] == "1.5"
    assert found["näme"]["most_frequent"] == f"a{mark}b (1); c (1)"


def test_summary_takes_a_table_without_header(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    succeeded(run("tables/summarise_csv.py", "--no-header", "--frequent=0", file("5\n7\n"), outbox / "s.csv"))
    found = summary(outbox / "s.csv")
    assert (found["column 1"]["minimum"], found["column 1"]["type"]) == ("5", "integer")
    assert found["column 1"]["most_frequent"] == ""


@pytest.mark.parametrize("cells", ["1e999\n2", "9" * 400, "inf\n1", "1_000\n2", "٣\n4"])
def test_summary_calls_text_what_is_no_usable_number(
    cells: str, run: Run, outbox: Path, file: Callable[..., Path]
) -> None:
    succeeded(run("tables/summarise_csv.py", file(f"x\n{cells}\n"), outbox / "s.csv"))
    assert summary(outbox / "s.csv")["x"]["type"] == "text"


# tables/select_rows.py


@pytest.mark.parametrize(
    ("first", "last"),
    [("2012-12-30", "2013-01-02"), ("", "2012-03-01"), ("2015-06-01", ""), ("", ""), ("2030-01-01", "")],
)
def test_select_rows_keeps_the_days_asked_for(first: str, last: str, run: Run, outbox: Path) -> None:
    log = succeeded(run("tables/select_rows.py", WEATHER, outbox / "rows.csv", "date", first, last))
    header, *rows = WEATHER.read_text().splitlines(keepends=True)
    expected = [row for row in rows if (first or "0") <= row[:10] <= (last or "9")]
    assert (outbox / "rows.csv").read_text() == header + "".join(expected)
    assert log == f"{len(expected)} of {len(rows)} rows kept\n"


def test_select_rows_tells_how_many_rows_have_no_date(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    source = file('n,"the day"\n"a,é",2024-02-29T10:00\nb,2023-02-29\nc,soon\nd\n')
    process = run("tables/select_rows.py", source, outbox / "rows.csv", "the day", "2024-01-01", "", locale="C")
    assert (process.returncode, process.stdout) == (0, "1 of 4 rows kept\n")
    assert process.stderr == "3 rows without a date in 'the day' were left out\n"
    assert (outbox / "rows.csv").read_text(encoding="utf-8") == 'n,the day\n"a,é",2024-02-29T10:00\n'


# files/compress.py


@pytest.mark.parametrize("kind", UNPACK)
@pytest.mark.parametrize("level", ["1", "9"])
def test_compress_gives_a_file_that_unpacks_to_the_input(kind: str, level: str, run: Run, outbox: Path) -> None:
    suffix, decompress = UNPACK[kind]
    log = succeeded(run("files/compress.py", kind, f"--level={level}", AIRPORTS))
    packed = outbox / f"us-airports.csv{suffix}"
    assert decompress(packed.read_bytes()) == AIRPORTS.read_bytes()
    assert f"{AIRPORTS.stat().st_size} bytes became {packed.stat().st_size}" in log
    assert packed.stat().st_size < AIRPORTS.stat().st_size / 2


def test_compress_overwrites_nothing(run: Run, outbox: Path) -> None:
    (outbox / "us-airports.csv.xz").write_text("precious")
    assert "File exists" in refused(run("files/compress.py", "xz", AIRPORTS))
    assert (outbox / "us-airports.csv.xz").read_text() == "precious"


# files/checksum_tree.sh


@pytest.fixture
def tar(tmp_path: Path) -> Callable[..., Path]:
    """Packs members, given as TarInfo with content; tests choose what is dangerous about them."""

    def tar(*members: tuple[str, bytes | None, dict[str, Any]], mode: Any = "w") -> Path:
        with tarfile.open(tmp_path / "a.tar", mode) as archive:
            for member_name, content, attributes in members:
                member = tarfile.TarInfo(member_name)
                member.size = len(content or b"")
                for attribute, value in attributes.items():
                    setattr(member, attribute, value)
                archive.addfile(member, io.BytesIO(content or b""))
        return tmp_path / "a.tar"

    return tar


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "md5"])
def test_checksums_agree_with_hashlib(algorithm: str, run: Run, outbox: Path) -> None:
    log = succeeded(run("files/checksum_tree.sh", ARCHIVE, outbox / "sums.txt", algorithm))
    with tarfile.open(ARCHIVE) as archive:
        expected = {
            member.name: hashlib.new(algorithm, content.read()).hexdigest()
            for member in archive
            if (content := archive.extractfile(member))
        }
    assert {name.removeprefix("./"): digest for name, digest in sums_by_name(outbox / "sums.txt").items()} == expected
    over_all = hashlib.new(algorithm, (outbox / "sums.txt").read_bytes()).hexdigest()
    *steps, files, total = log.splitlines()
    assert [files, total] == ["3 files, 325487 bytes", f"{algorithm} over all: {over_all}"]
    assert [json.loads(line).get("step") for line in steps] == [
        None,
        "Unpack the archive",
        "Sum every file",
        "Count what was found",
    ]
    assert [path.name for path in outbox.iterdir()] == ["sums.txt"]


def sums_by_name(path: Path) -> dict[str, str]:
    rows = (row.split("  ", 1) for row in path.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in rows}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_checksums_do_not_depend_on_how_the_tree_was_packed(
    mode: str, run: Run, outbox: Path, tar: Callable[..., Path]
) -> None:
    source = tar(("t/b", b"2", {}), ("t/a", b"1", {}), mode=mode)
    succeeded(run("files/checksum_tree.sh", source, outbox / "sums.txt", "sha256"))
    assert list(sums_by_name(outbox / "sums.txt").items()) == [
        ("./t/a", hashlib.sha256(b"1").hexdigest()),
        ("./t/b", hashlib.sha256(b"2").hexdigest()),
    ]


def test_checksums_of_a_zip_archive_agree_with_hashlib(run: Run, outbox: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (ALICE, WEATHER):
            archive.write(path, f"folder/-{path.name}")
    succeeded(run("files/checksum_tree.sh", tmp_path / "a.zip", outbox / "sums.txt", "sha256"))
    assert sums_by_name(outbox / "sums.txt") == {
        f"./folder/-{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in (ALICE, WEATHER)
    }


def test_checksums_can_be_checked_against_the_files_kept(run: Run, outbox: Path, tar: Callable[..., Path]) -> None:
    source = tar(*((name, name.encode(), {}) for name in [*ODD_NAMES, "two\nlines"]), ("locked", b"x", {"mode": 0}))
    succeeded(run("files/checksum_tree.sh", "--keep", source, outbox / "sums.txt", "sha256"))
    (kept,) = outbox.glob("unpacked.*")
    assert sorted(path.name for path in kept.iterdir()) == sorted([*ODD_NAMES, "two\nlines", "locked"])
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", outbox / "sums.txt"], cwd=kept, capture_output=True, check=False
    )
    assert checked.returncode == 0


def test_checksums_do_not_follow_links(run: Run, outbox: Path, tar: Callable[..., Path]) -> None:
    source = tar(("a", b"1", {}), ("out", None, {"type": tarfile.SYMTYPE, "linkname": "/etc/hostname"}))
    log = succeeded(run("files/checksum_tree.sh", source, outbox / "sums.txt", "sha256"))
    assert list(sums_by_name(outbox / "sums.txt")) == ["./a"]
    assert "1 symbolic links were left out" in log


def test_an_archive_that_reaches_outside_is_refused(run: Run, outbox: Path, tar: Callable[..., Path]) -> None:
    for name in ["../evil", "a/../../evil", "/tmp/evil-of-a-test", ".."]:  # noqa: S108
        message = refused(run("files/checksum_tree.sh", tar((name, b"x", {})), outbox / "sums.txt", "sha256"))
        assert message == "the archive is refused: a member lies outside its folder\n"
    assert list(outbox.parent.rglob("*evil*")) == []


def test_a_zip_archive_that_reaches_outside_is_refused(run: Run, outbox: Path, tmp_path: Path) -> None:
    for name in ["../evil", "/evil", "a\\..\\..\\evil"]:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr(name, "x")
        message = refused(run("files/checksum_tree.sh", tmp_path / "a.zip", outbox / "sums.txt", "sha256"))
        assert message == "the archive is refused: a member lies outside its folder\n"
    assert list(tmp_path.rglob("*evil*")) == []


def test_nothing_is_written_through_a_link_in_an_archive(
    run: Run, outbox: Path, tmp_path: Path, tar: Callable[..., Path]
) -> None:
    (tmp_path / "precious").mkdir()
    link = ("link", None, {"type": tarfile.SYMTYPE, "linkname": str(tmp_path / "precious")})
    refused(run("files/checksum_tree.sh", tar(link, ("link/evil", b"x", {})), outbox / "sums.txt", "sha256"))
    assert list((tmp_path / "precious").iterdir()) == []
    assert list(outbox.glob("unpacked.*")) == []


def test_an_archive_with_a_pipe_is_refused(run: Run, outbox: Path, tar: Callable[..., Path]) -> None:
    source = tar(("a", b"1", {}), ("pipe", None, {"type": tarfile.FIFOTYPE}))
    assert "device or a pipe" in refused(run("files/checksum_tree.sh", source, outbox / "sums.txt", "sha256"))


def test_an_archive_larger_than_the_limit_is_refused(
    run: Run, outbox: Path, tmp_path: Path, tar: Callable[..., Path]
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2_000_000))
    for source in (tar(("zeros", bytes(2_000_000), {}), mode="w:gz"), tmp_path / "a.zip"):
        message = refused(run("files/checksum_tree.sh", "--limit=0.001", source, outbox / "sums.txt", "sha256"))
        assert "unpacked it has 2000000 bytes, more than" in message
        assert list(outbox.glob("unpacked.*")) == []


@pytest.mark.parametrize("limit", ["1", "0.5", ".5", "1.", "+2e1", "1E-3"])
def test_the_limit_is_any_number_the_form_lets_through(
    limit: str, run: Run, outbox: Path, tar: Callable[..., Path]
) -> None:
    assert Catalogue(SCRIPTS).script("files/checksum_tree.sh").parameters[1].parse(limit) == limit
    succeeded(run("files/checksum_tree.sh", f"--limit={limit}", tar(("a", b"1", {})), outbox / "s", "sha256"))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_broken_archive_is_refused(share: float, run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    whole = ARCHIVE.read_bytes()
    source = file(whole[: int(len(whole) * share)], "cut.tar.gz")
    assert "not a whole tar or zip archive" in refused(run("files/checksum_tree.sh", source, outbox / "s", "sha256"))


def test_a_zip_archive_locked_or_broken_is_refused(run: Run, outbox: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "content")
    whole = bytearray(path.read_bytes())
    path.write_bytes(whole.replace(b"content", b"CONTENT"))
    assert "not a whole zip archive" in refused(run("files/checksum_tree.sh", path, outbox / "s", "sha256"))
    whole[whole.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(whole)
    assert "locked with a password" in refused(run("files/checksum_tree.sh", path, outbox / "s", "sha256"))


def test_an_archive_without_files_is_refused(run: Run, outbox: Path, tar: Callable[..., Path]) -> None:
    assert refused(run("files/checksum_tree.sh", tar(), outbox / "s", "sha256")) == "the archive holds no files\n"


# numbers/pi_digits.py


def pi_by_gauss_and_legendre(digits: int) -> str:
    with localcontext() as context:
        context.prec = digits + 20
        a, b, t, p = Decimal(1), 1 / Decimal(2).sqrt(), Decimal("0.25"), 1
        while a - b > Decimal(10) ** -(digits + 10):
            a, b, t, p = (a + b) / 2, (a * b).sqrt(), t - p * ((a - b) / 2) ** 2, 2 * p
        return str((a + b) ** 2 / (4 * t))[: digits + 2]


@pytest.mark.parametrize("digits", [1, 2, 5, 762, 4999])
def test_pi_agrees_with_another_formula(digits: int, run: Run, outbox: Path) -> None:
    succeeded(run("numbers/pi_digits.py", str(digits), outbox / "pi.txt"))
    assert (outbox / "pi.txt").read_text() == pi_by_gauss_and_legendre(digits) + "\n"


def test_pi_tells_how_far_it_has_come(run: Run, outbox: Path) -> None:
    lines = succeeded(run("numbers/pi_digits.py", "5000", outbox / "pi.txt")).splitlines()
    percents = [int(line.removesuffix("%")) for line in lines]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert len(percents) > 50


# numbers/mandelbrot.py


def pixels(path: Path, width: int, height: int) -> list[list[bytes]]:
    """The colours in the rows of a picture without filters, all of its content in one IDAT."""
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert content[16:29] == width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    start, length = 41, int.from_bytes(content[33:37], "big")
    rows = zlib.decompress(content[start : start + length])
    checksum = content[start + length :][:4]
    assert zlib.crc32(b"IDAT" + content[start : start + length]) == int.from_bytes(checksum, "big")
    lines = [rows[line * (3 * width + 1) :][1 : 3 * width + 1] for line in range(height)]
    return [[line[3 * column :][:3] for column in range(width)] for line in lines]


def test_mandelbrot_picture_is_black_where_points_stay_and_alike_above_and_below_the_middle(
    run: Run, outbox: Path
) -> None:
    lines = succeeded(run("numbers/mandelbrot.py", "whole", "60", "50", outbox / "m.png")).splitlines()

    rows = pixels(outbox / "m.png", 60, 40)
    assert rows[20][60 * 6 // 10] == b"\0\0\0"
    assert rows[0][0] != b"\0\0\0"
    assert rows[1:20] == rows[39:20:-1]
    assert lines[-1] == "100%"
    assert len(lines) > 20


# examples/fail_on_request.sh


@pytest.mark.parametrize("exit_code", [1, 8, 255])
def test_failure_on_request_has_the_message_and_the_exit_code_asked_for(exit_code: int, run: Run) -> None:
    process = run("examples/fail_on_request.sh", "true", str(exit_code), "0", '-n it\'s "over" %s\\n é')
    assert (process.returncode, process.stderr) == (exit_code, '-n it\'s "over" %s\\n é\n')


def test_failure_on_request_can_be_declined(run: Run) -> None:
    assert succeeded(run("examples/fail_on_request.sh", "false", "3", "0", "")) == "succeeded as requested\n"


def test_failure_on_request_can_wait_before_it_fails(run: Run) -> None:
    process = run("examples/fail_on_request.sh", "true", "08", "2", "")
    assert (process.returncode, process.stdout) == (8, "50%\n100%\n")
    assert process.stderr == "failed as requested, with exit code 8\n"


# What every script must stand


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("odd_name", ODD_NAMES)
def test_any_file_name_is_fine(name: str, odd_name: str, read: Read, file: Callable[..., Path], outbox: Path) -> None:
    source = file(GOOD_INPUT[name.split("/", maxsplit=1)[0]].read_bytes(), odd_name)
    process, target = read(name, source, f"{odd_name} of result")
    succeeded(process)
    assert [path.name for path in outbox.iterdir()] == [target.name]
    assert target.stat().st_size > 0


def test_a_file_name_that_is_no_text_is_fine(run: Run, outbox: Path, tmp_path: Path) -> None:
    source = tmp_path / os.fsdecode(b"caf\xe9.txt")
    source.write_bytes(b"x")
    succeeded(run("files/compress.py", "gzip", source))
    assert gzip.decompress((outbox / os.fsdecode(b"caf\xe9.txt.gz")).read_bytes()) == b"x"


@pytest.mark.parametrize(
    "name", ["text/word_count.py", "text/concordance.awk", "text/search.pl", "text/unique_lines.sh"]
)
def test_an_empty_text_is_a_text(name: str, read: Read, file: Callable[..., Path]) -> None:
    process, target = read(name, file(b""))
    assert succeeded(process).startswith("0 ")
    assert target.read_text() in {"", "word\tcount\tpercent\n"}


@pytest.mark.parametrize("name", ["tables/summarise_csv.py", "tables/select_rows.py", "files/checksum_tree.sh"])
def test_an_empty_table_or_archive_is_refused(name: str, read: Read, file: Callable[..., Path]) -> None:
    process, _ = read(name, file(b""))
    assert "the input is empty" in refused(process)


def test_an_empty_file_can_be_packed(read: Read, file: Callable[..., Path]) -> None:
    process, target = read("files/compress.py", file(b""))
    succeeded(process)
    assert gzip.decompress(target.read_bytes()) == b""


@pytest.mark.parametrize("name", TEXT_READERS)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_binary_file_is_not_taken_for_a_text(
    name: str, locale: str, run: Run, outbox: Path, file: Callable[..., Path]
) -> None:
    source = file(b"date,b\n\x7fELF\x02\x00\xff,1\n" + bytes(range(256)))
    arguments = [part.format(input=source, output=outbox / "result") for part in READERS[name]]
    assert re.search("not a text|not UTF-8 text|not a CSV file", refused(run(name, *arguments, locale=locale)))


def test_a_binary_file_is_not_taken_for_an_archive(read: Read, file: Callable[..., Path]) -> None:
    process, _ = read("files/checksum_tree.sh", file(bytes(range(256)) * 100))
    assert "not a whole tar or zip archive" in refused(process)


@pytest.mark.parametrize(
    "name", ["text/word_count.py", "text/search.pl", "tables/summarise_csv.py", "tables/select_rows.py"]
)
def test_a_text_in_another_encoding_is_refused(name: str, read: Read, file: Callable[..., Path]) -> None:
    process, _ = read(name, file("date,été\n".encode("latin-1")))
    assert "not UTF-8 text" in refused(process)


@pytest.mark.parametrize("name", READERS)
def test_an_input_that_is_missing_or_a_folder_is_refused(name: str, read: Read, tmp_path: Path) -> None:
    for source in (tmp_path / "absent", tmp_path):
        process, _ = read(name, source)
        assert re.search("cannot be|Is a directory", refused(process))


@pytest.mark.parametrize("name", [name for name in READERS if "{output}" in READERS[name]])
def test_an_output_that_cannot_be_written_is_told(name: str, read: Read) -> None:
    source = GOOD_INPUT[name.split("/", maxsplit=1)[0]]
    process, _ = read(name, source, "no/such/folder")
    assert re.search("(?i)cannot|no such file", refused(process))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_wrong_number_of_arguments_is_refused(name: str, run: Run) -> None:
    assert "usage: " in refused(run(name))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("text/word_count.py", [ALICE, "w", "0", "1", "true"], "top must be a whole number from 1 to 100000, not '0'"),
        (
            "text/word_count.py",
            [ALICE, "w", "5", "x", "true"],
            "min_length must be a whole number from 1 to 50, not 'x'",
        ),
        ("text/word_count.py", [ALICE, "w", "5", "1", "yes"], "fold_case must be true or false, not 'yes'"),
        ("text/concordance.awk", [ALICE, "w", "two words", "40", "true"], "word must be one word without blanks"),
        ("text/concordance.awk", [ALICE, "w", "", "40", "true"], "word must be one word"),
        ("text/concordance.awk", [ALICE, "w", "!?", "40", "true"], "word must hold a letter"),
        ("text/concordance.awk", [ALICE, "w", "a", "-1", "true"], "width must be a whole number from 10 to 200"),
        ("text/concordance.awk", [ALICE, "w", "a", "40", "1"], "ignore_case must be true or false"),
        ("text/search.pl", [ALICE, "w", "a("], "pattern is not understood: Unmatched ("),
        ("text/search.pl", [ALICE, "w", ""], "pattern must not be empty"),
        ("text/search.pl", ["--context=99", ALICE, "w", "a"], "option not understood: --context=99"),
        ("tables/summarise_csv.py", ["--frequent=21", WEATHER, "w"], "--frequent"),
        ("tables/summarise_csv.py", ["--delimiter=dot", WEATHER, "w"], "--delimiter"),
        ("tables/select_rows.py", [WEATHER, "w", "day", "", ""], "there is no column 'day'; the columns are date, "),
        ("tables/select_rows.py", [WEATHER, "w", "date", "2024-02-30", ""], "first_day must be a day like 2024-12-31"),
        ("tables/select_rows.py", [WEATHER, "w", "date", "2014-01-02", "2014-01-01"], "is later than last_day"),
        ("files/compress.py", ["zip", ALICE], "zip"),
        ("files/compress.py", ["xz", "--level=10", ALICE], "--level"),
        (
            "files/checksum_tree.sh",
            ["--limit=1e9", ARCHIVE, "w", "md5"],
            "limit must be a number of gigabytes up to 500, not 1e9",
        ),
        ("files/checksum_tree.sh", ["--limit=", ARCHIVE, "w", "md5"], "limit must be a number of gigabytes"),
        ("files/checksum_tree.sh", ["--limit=0.0", ARCHIVE, "w", "md5"], "limit must be a number of gigabytes"),
        ("files/checksum_tree.sh", ["--limit=x=1", ARCHIVE, "w", "md5"], "limit must be a number of gigabytes"),
        ("files/checksum_tree.sh", [ARCHIVE, "w", "crc"], "algorithm must be sha256, sha512 or md5, not crc"),
        ("numbers/mandelbrot.py", ["moon", "60", "50", "w"], "usage: mandelbrot.py whole|seahorses|spiral"),
        (
            "numbers/mandelbrot.py",
            ["whole", "60.5", "50", "w"],
            "allowed are whole numbers from 16 to 2000, not '60.5'",
        ),
        ("numbers/pi_digits.py", ["200001", "w"], "digits must be a whole number from 1 to 200000, not '200001'"),
        ("numbers/pi_digits.py", ["ten", "w"], "digits must be a whole number"),
        ("examples/fail_on_request.sh", ["maybe", "1", "0", ""], "fail must be true or false, not maybe"),
        ("examples/fail_on_request.sh", ["true", "256", "0", ""], "exit_code must be a whole number from 1 to 255"),
        ("examples/fail_on_request.sh", ["true", "1", "a[$(touch x)]", ""], "seconds must be a whole number"),
    ],
)
def test_a_wrong_value_is_refused_with_a_clear_message(
    name: str, arguments: list[str | Path], message: str, run: Run, outbox: Path
) -> None:
    assert message in refused(run(name, *arguments))
    assert list(outbox.iterdir()) == []


def test_rows_of_unequal_length_are_told_with_their_line(run: Run, outbox: Path, file: Callable[..., Path]) -> None:
    message = refused(run("tables/summarise_csv.py", file("a,b\n1,2\n3\n"), outbox / "s.csv"))
    assert message == "line 3 has 1 cells where the first line has 2\n"
