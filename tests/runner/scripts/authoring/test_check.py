"""`scriptrunner check` finds what only running found, and tells what is worth a look."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.scripts import Catalogue
from runner.scripts.authoring.check import notes, report
from runner.scripts.authoring.secret_names import is_secret_name

Put = Callable[..., Path]

CHOICE = "#!/bin/sh\n##~~ a {{type: choice, choices_from: {{{}}}}} - x\n"
SUGGESTIONS = "#!/bin/sh\n##~~ a {\n##~~   suggestions_from: {command: [./gone]}} - x\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    return tmp_path / "scripts"


@pytest.fixture
def put(folder: Path) -> Put:
    def put(name: str, content: str | bytes, mode: int = 0o755) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return path

    return put


def names(folder: Path) -> list[str]:
    return [script.name for script in Catalogue(folder).scripts()]


def broken(folder: Path) -> list[str]:
    return [script.name for script in Catalogue(folder).broken()]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"#!/bin/sh\r\n##~~ a - x\r\n", "CR LF"),
        (b"#!/usr/bin/env python3\r\nprint()\r\n", "CR LF"),
        (b"##~~ a - x\necho hello\n", "has no first line"),
        (b"\xef\xbb\xbf#!/bin/sh\necho hello\n", "byte order mark"),
        (b" #!/bin/sh\necho hello\n", "nothing, no space and no empty line"),
        (b"#!python3\nprint()\n", "write #!/usr/bin/env python3"),
        (b"#!/usr/bin/env python3 -u\nprint()\n", "write #!/usr/bin/env -S python3 -u"),
        ("\ufeff#!/bin/sh\necho".encode("utf-16-le"), "is UTF-16"),
    ],
)
def test_a_script_that_cannot_start_anywhere_is_broken_and_told_by_file_and_folder(
    folder: Path, put: Put, content: bytes, words: str
) -> None:
    path = put("a.sh", content)

    (line,) = report([folder])

    assert line.startswith(f"{path}:1: ")
    assert words in line
    assert report([path]) == [line]
    assert (names(folder), broken(folder)) == ([], ["a.sh"])


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("#!/nowhere/python\n", 1, "names /nowhere/python in its first line, which is not there"),
        ("#!/usr/bin/env nowhere\n", 1, "has env find “nowhere”, which is in none of the folders of PATH"),
        ("#!/etc/passwd\n", 1, "cannot be executed"),
        (CHOICE.format("command: [./gone]"), 2, "choices_from: the program “./gone” is not there"),
        (CHOICE.format("command: [./plain]"), 2, "“./plain” cannot be executed (mode 0644)"),
        (CHOICE.format("command: [./text]"), 2, "“./text” has no first line"),
        (CHOICE.format("command: [nowhere, x]"), 2, "“nowhere” is in none of"),
        (CHOICE.format("file: gone.tsv"), 2, "the file “gone.tsv” is not there"),
        (SUGGESTIONS, 3, "suggestions_from: the program “./gone”"),
    ],
)  # fmt: skip
def test_what_this_machine_lacks_is_told_and_the_script_is_listed(
    folder: Path, put: Put, content: str, line: int, words: str
) -> None:
    put("plain", "x", 0o644)
    put("text", "x")
    path = put("a.sh", content)

    (told,) = report([folder])

    assert told.startswith(f"{path}:{line}: ")
    assert words in told
    assert report([path]) == [told]
    assert names(folder) == ["a.sh"]


def test_what_is_there_is_not_told(folder: Path, put: Put) -> None:
    put(".list", "#!/bin/sh\necho a\n")
    put("list.tsv", "a\n", 0o644)
    put(
        "a.sh",
        "#!/usr/bin/env -S sh -e\n##~~ a {type: choice, choices_from: {command: [./.list]}}\n"
        "##~~ b {type: choice, choices_from: {command: [env]}}\n##~~ c {suggestions_from: {file: list.tsv}}\n",
    )

    assert report([folder]) == []


def test_what_has_no_effect_here_is_noted_and_no_problem(folder: Path, put: Put) -> None:
    batch = put("batch.sh", "#!/bin/sh\n#SBATCH --partition=gpu -c 2\n#SBATCH --mail-type=END -c 4\ntrue\n")
    tags = "# @option --set-  sets\n# @meta version 1\n# @cmd\na() { :; }\n# @cmd\nb() { :; }\n"
    call = put("call.sh", f'#!/bin/bash\n{tags}eval "$(argc --argc-eval "$0" "$@")"\n')
    said = [
        f"{batch}: has no effect here: --partition=gpu (line 2), --mail-type=END (line 3)",
        f"{call}: has no effect here: @option --set- (line 2)",
    ]

    assert report([folder]) == []
    assert notes([folder]) == said
    assert notes([batch, call]) == said


def test_nothing_is_noted_of_what_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe", 0o755)

    assert notes([folder / "pipe", folder / "missing"]) == []


def test_executable_files_that_are_no_scripts_are_not_listed_but_noted(folder: Path, put: Put) -> None:
    put("README.md", "# Scripts\n")
    put("data.csv", "1,2\n")
    put("pic.png", b"\x89PNG\r\n\x1a\n\0\0")
    put("empty", "")
    put("code.sh", "echo hello\n")
    put("tool", Path("/bin/true").read_bytes())

    assert (names(folder), broken(folder)) == (["tool"], [])
    assert report([folder]) == []
    told = notes([folder])
    assert [line.partition(" ")[0] for line in told] == [
        f"{folder}/{name}" for name in ("README.md", "code.sh", "data.csv", "empty", "pic.png")
    ]
    assert all("is executable, but not listed: it has no first line that says what runs it" in line for line in told)


def test_very_many_executable_files_that_are_no_scripts_are_counted(folder: Path, put: Put) -> None:
    for number in range(1_025):
        put(f"{number:04}.csv", "1,2\n")

    told = notes([folder])

    assert len(told) == 21
    assert told[-1] == f"{folder} holds 1,005 more such files"


def test_a_named_file_that_is_no_script_is_a_problem(put: Put) -> None:
    path = put("code.sh", "echo hello\n")

    assert report([path]) == [f"{path}:1: has no first line that says what runs it, such as #!/bin/sh"]


@pytest.mark.parametrize(
    "line",
    [
        "#~~ n {required: false} - n",
        "#~~ n - the number",
        "## ~~ n - the number",
        "##~ n {type: integer}",
        "##~~~ n - the number",
        "# #~~ n - the number",
        "//~~ n - the number",
        "# ~~ n - the number",
        "// #~~ n - the number",
        "! ##~~ n - the number",
        "/* ##~~ n - the number */",
        "#~~ {title: Count}",
        "##~{title: Count}",
        "##-~ n {type: integer}",
    ],
)
def test_a_comment_that_was_meant_as_an_annotation_is_told(put: Put, line: str) -> None:
    path = put("a.sh", f"#!/bin/sh\n##~~ a - x\n{line}\n")

    assert any(told.startswith(f"{path}:3: ") for told in report([path]))


@pytest.mark.parametrize(
    "line",
    [
        "##~~~~~~~~",
        "##~~~~ Settings ~~~~",
        "#~~~~",
        "#~~~~ Settings",
        "#~~ Settings - part one ~~#",
        "## Settings",
        "##- Settings - all of them",
        "## n - the number",
        "# n - the number",
        "#-- Settings",
        "##==~ x",
        "echo '##~ n - x'",
        "~~ n",
        "# see ##~~ n - x",
    ],
)
def test_an_ordinary_comment_is_no_annotation_that_was_meant(put: Put, line: str) -> None:
    path = put("a.sh", f"#!/bin/sh\n{line}\n")

    assert report([path]) == []


def test_a_name_alone_behind_a_wrong_marker_counts_beside_right_ones(put: Put) -> None:
    heading = put("a.sh", "#!/bin/sh\n#~~ Settings\n")
    meant = put("b.sh", "#!/bin/sh\n##~~ a - x\n#~~ b\n")

    assert report([heading]) == []
    assert report([meant]) == [
        f"{meant}:3: found “#~~ b”: looks like an annotation, and is none: those begin with ##~~"
    ]


def test_text_that_is_not_utf_8_is_told_by_line_and_byte(folder: Path, put: Put) -> None:
    words = "is not UTF-8 but Latin-1, perhaps: save the file as UTF-8"
    slurm = put("slurm.sh", b"#!/bin/sh\n#SBATCH --job-name=caf\xe9\n")
    ours = put("ours.sh", b"#!/bin/sh\n##~~ a - caf\xe9\n")
    comment = put("comment.sh", b"#!/bin/sh\n##~~ a - x\n# caf\xe9\n")
    put("plain.sh", b"#!/bin/sh\n# caf\xe9\n")

    assert report([slurm]) == [f"{slurm}:2: byte 23 of the line, E9, {words}"]
    assert f"{ours}:2: byte 13 of the line, E9, {words}" in report([ours])
    assert report([comment]) == []
    assert notes([folder]) == [f"{comment}:3: byte 6 of the line, E9, {words}"]
    assert notes([comment]) == notes([folder])


def test_lines_of_a_shell_that_end_as_windows_has_them_are_noted(folder: Path, put: Put) -> None:
    shell = put("a.sh", "#!/usr/bin/env bash\n##~~ a - x\necho hello\r\n")
    put("b.py", "#!/usr/bin/env python3\nprint()\r\n")
    put("c.sh", "#!/bin/sh\nprintf 'a\\r\\n'\n")

    assert notes([folder]) == [
        f"{shell}:3: ends with CR LF, as Windows writes lines: the shell takes the CR for a part of it"
    ]


def test_parameters_that_are_likely_secrets_are_noted_with_the_remedy(folder: Path, put: Put) -> None:
    path = put(
        "a.sh",
        "#!/bin/sh\n##~~ key {env: JINA_API_KEY}\n##~~ db_password - of the database\n"
        "##~~ token {secret: API_TOKEN, env: API_TOKEN}\n##~~ sort_key - by which column\n"
        "##~~ dsn {type: url, flag: --dsn}\n##~~ max_tokens {type: integer}\n"
        "##~~ k {flag: --access-token}\n##~~ pass {constant: x, env: SMTP_PASSWORD}\n",
    )
    argc = put("b.sh", '#!/bin/bash\n# @env JINA_API_KEY\neval "$(argc --argc-eval "$0" "$@")"\n')

    assert report([folder]) == []
    told = notes([folder])
    assert notes([path]) + notes([argc]) == told
    typed = "is likely a secret, and is typed into the form, and kept with the job: the server keeps it with"
    stands = "is likely a secret, and stands in the script: the server keeps it with"
    beside = "argc's tags count where no such line describes a parameter"
    assert told == [
        f"{path}:2: “key” {typed} ##~~ key {{secret: JINA_API_KEY, env: JINA_API_KEY}}",
        f"{path}:3: “db_password” {typed} ##~~ db_password {{secret: DB_PASSWORD, env: DB_PASSWORD}}",
        f"{path}:6: “dsn” {typed} ##~~ dsn {{secret: DSN, env: DSN}}",
        f"{path}:8: “k” {typed} ##~~ k {{secret: ACCESS_TOKEN, env: ACCESS_TOKEN}}",
        f"{path}:9: “pass” {stands} ##~~ pass {{secret: SMTP_PASSWORD, env: SMTP_PASSWORD}}",
        f"{argc}:2: “JINA_API_KEY” {typed} ##~~ JINA_API_KEY {{secret: JINA_API_KEY, env: JINA_API_KEY}}; {beside}",
    ]


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *(
            (name, True)
            for name in ("PASSWORD", "db_passwd", "apiKey", "API_KEY", "APIKEY", "client-secret", "authToken")
        ),
        *(
            (name, True)
            for name in ("GITHUB_TOKEN", "SENTRY_DSN", "DATABASE_URL", "aws_credentials", "DB_PWD", "ssh_key")
        ),
        *((name, False) for name in ("key", "sort_key", "KEYBOARD", "monkey", "keyword", "max_tokens", "stop_token")),
        *((name, False) for name in ("password_file", "secretary", "AWS_ACCESS_KEY_ID", "tokenizer", "url", "pwd", "")),
    ],
)
def test_secrets_are_told_by_whole_words_of_names(name: str, is_secret: bool) -> None:
    assert is_secret_name(name) is is_secret


@pytest.mark.parametrize(("name", "is_secret"), [("OPENAI_KEY", True), ("SORT_KEY", False), ("KEY", False)])
def test_a_variable_whose_name_ends_with_key_is_likely_a_secret(name: str, is_secret: bool) -> None:
    assert is_secret_name(name, is_variable=True) is is_secret
