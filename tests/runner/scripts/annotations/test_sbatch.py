"""Lines ``#SBATCH`` state a script's time limit, CPUs, memory, title and description, as sbatch(1) reads them."""

import time
from datetime import timedelta

import pytest

from runner.scripts.annotations import Annotations, AnnotationSettings, read

MIB = 2**20
GIB = 2**30


def good(*lines: str) -> Annotations:
    found = read("#!/bin/bash\n" + "".join(f"{line}\n" for line in lines))
    assert found.problems == ()
    return found


def unused(*lines: str) -> list[tuple[int, str]]:
    return [(each.line, each.found) for each in good(*lines).unused]


def problem(*lines: str) -> tuple[int | None, str | None, str]:
    (only,) = read("#!/bin/bash\n" + "".join(f"{line}\n" for line in lines)).problems
    return only.line, only.found, only.message


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("90", timedelta(minutes=90)),
        ("90:00", timedelta(minutes=90)),
        ("1:30:00", timedelta(hours=1, minutes=30)),
        ("01:30:59", timedelta(hours=1, minutes=31)),
        ("0:30", timedelta(minutes=1)),
        ("2-12", timedelta(days=2, hours=12)),
        ("2-12:30", timedelta(days=2, hours=12, minutes=30)),
        ("1-00:00:30", timedelta(days=1, minutes=1)),
        ("0-36", timedelta(hours=36)),
        ("1-", timedelta(days=1)),
    ],
)
@pytest.mark.parametrize("form", ["--time={}", "--time {}", "-t {}", "-t{}", "--time='{}'", '-t "{}"'])
def test_a_time_limit_is_read_in_every_form_and_in_whole_minutes(form: str, written: str, limit: timedelta) -> None:
    assert good(f"#SBATCH {form.format(written)}").options.timeout == limit


@pytest.mark.parametrize("written", ["0", "00:00:00", "-1", "UNLIMITED", "infinite"])
def test_no_time_limit_leaves_that_of_the_server(written: str) -> None:
    found = good(f"#SBATCH --time={written}")

    assert found.options.timeout is None
    assert [each.reason for each in found.unused] == ["asks for no time limit; that of the server holds"]


@pytest.mark.parametrize(
    ("lines", "cpus"),
    [
        (["--cpus-per-task=8"], 8),
        (["-c 8"], 8),
        (["-c8"], 8),
        (["--ntasks=4"], 4),
        (["-n 4", "-c 8"], 32),
        (["--ntasks-per-node=16", "--nodes=1"], 16),
        (["--ntasks=4 --ntasks-per-node=2 --cpus-per-task 2"], 8),
        (["--nodes=1"], None),
    ],
)
def test_cpus_are_tasks_times_cpus_of_each(lines: list[str], cpus: int | None) -> None:
    assert good(*(f"#SBATCH {line}" for line in lines)).options.cpus == cpus


@pytest.mark.parametrize(
    ("lines", "size_bytes"),
    [
        (["--mem=4096"], 4 * GIB),
        (["--mem=512K"], MIB),
        (["--mem=2048k"], 2 * MIB),
        (["--mem=300M"], 300 * MIB),
        (["--mem 16G"], 16 * GIB),
        (["--mem=1T"], 1024 * GIB),
        (["--mem=16gb"], 16 * GIB),
        (["--mem-per-cpu=2G"], 2 * GIB),
        (["--mem-per-cpu=2G", "--cpus-per-task=4", "--ntasks=2"], 16 * GIB),
        (["--mem=2G", "--cpus-per-task=4"], 2 * GIB),
        (["--mem=0"], None),
    ],
)
def test_memory_is_in_megabytes_or_the_unit_given_for_all_cpus_together(
    lines: list[str], size_bytes: int | None
) -> None:
    assert good(*(f"#SBATCH {line}" for line in lines)).options.memory == size_bytes


def test_job_name_and_comment_become_title_and_description() -> None:
    found = good('#SBATCH -J "Align reads" --comment "against the reference"').options

    assert (found.title, found.description) == ("Align reads", "against the reference")


def test_an_empty_name_leaves_the_title_to_the_file() -> None:
    found = good("#SBATCH --job-name=")

    assert (found.options.title, [each.reason for each in found.unused]) == (None, ["is empty"])


def test_a_name_too_long_for_a_menu_is_cut() -> None:
    assert good(f"#SBATCH --job-name={'x' * 200}").options.title == "x" * 74 + "…"


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("--job-name='a b'", "a b"),
        ('--job-name="it\'s"', "it's"),
        (r"--job-name='a\'b'", "a'b"),
        (r"--job-name=a\\b", r"a\b"),
        (r"--job-name=a\#b", "a#b"),
        ("--job-name=a # the name", "a"),
        ("--job-name=a#b", "a"),
        ('--job-name="a # b"', "a # b"),
        ("--job-name a", "a"),
        ("-Ja", "a"),
        ("--job-name -a", "-a"),
    ],
)
def test_quotes_backslashes_and_comments_are_read_as_sbatch_reads_them(line: str, title: str) -> None:
    assert good(f"#SBATCH {line}").options.title == title


def test_several_options_may_stand_on_a_line_and_the_last_of_two_counts() -> None:
    found = good("#SBATCH -t 10 -c 2 --mem=1G", "#SBATCH --time=20")

    assert (found.options.timeout, found.options.cpus) == (timedelta(minutes=20), 2)
    assert [(each.line, each.found, each.reason) for each in found.unused] == [(2, "-t 10", "line 3 gives it anew")]


def test_what_means_nothing_on_one_machine_is_listed_and_nothing_else() -> None:
    lines = [
        "#SBATCH --partition long -t 10",
        "#SBATCH --output=%x.%j.log --mail-user=ada@example.org --exclusive",
    ]

    assert unused(*lines) == [
        (2, "--partition long"),
        (3, "--output=%x.%j.log"),
        (3, "--mail-user=ada@example.org"),
        (3, "--exclusive"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--array=1-10", "asks for 10 jobs at once, and here a request is one job"),
        ("-a 0-9:2,20", "asks for 6 jobs at once"),
        ("-a1-1000%4", "asks for 1,000 jobs at once"),
        ("--arr=7", "asks for 1 job at once"),
        ("--array=$N", "asks for several jobs at once"),
        ("--dependency=afterok:12", "waits for other jobs, which is not done here"),
        ("-d singleton", "waits for other jobs"),
        ("--dep singleton", "waits for other jobs"),
    ],
)
def test_what_would_do_something_else_here_is_refused_with_the_reason(line: str, message: str) -> None:
    at, found, words = problem(f"#SBATCH -c 2 {line}")

    assert (at, found, message in words) == (2, line, True), words


def test_short_names_of_several_options_are_a_problem_that_names_them() -> None:
    assert problem("#SBATCH --cpus=4") == (
        2,
        "--cpus=4",
        "is short for several options: --cpus-per-gpu, --cpus-per-task",
    )


def test_what_newer_versions_may_know_is_listed_with_its_value() -> None:
    assert unused("#SBATCH --segment 4 -c 2", "#SBATCH --stepmgr --resource=x -Z") == [
        (2, "--segment 4"),
        (3, "--stepmgr"),
        (3, "--resource=x"),
        (3, "-Z"),
    ]


def test_reasons_name_what_does_the_same_here() -> None:
    found = good("#SBATCH -o log --mail-type=END --begin=now --gpus=1 --partition=x")

    assert [each.reason for each in found.unused] == [
        "what the script prints is in the job's log, which goes with its results",
        "people are told in Slack and by mail",
        "jobs start as soon as it is their turn",
        "GPUs are not counted here",
        "has no meaning on one machine",
    ]


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("-J a", {"JOB_NAME": "a", "TASKS_PER_NODE": "1"}),
        ("-n 2 -c 2 --mem-per-cpu=100M", {"NTASKS": "2", "NPROCS": "2", "CPUS_PER_TASK": "2", "MEM_PER_CPU": "100"}),
        ("--tasks-per-node=3", {"NTASKS": "3", "NTASKS_PER_NODE": "3", "TASKS_PER_NODE": "3"}),
        ("--mem=4G", {"MEM_PER_NODE": "4096"}),
        ("--mem=0", {}),
    ],
)
def test_variables_are_those_that_slurm_sets_where_they_are_asked_for(line: str, variables: dict[str, str]) -> None:
    found = {name.removeprefix("SLURM_"): value for name, value in good(f"#SBATCH {line}").environment.items()}
    asked = ("JOB_NAME", "NTASKS", "NTASKS_PER_NODE", "CPUS_PER_TASK", "MEM_PER_NODE", "MEM_PER_CPU")

    assert variables.items() <= found.items()
    assert {name for name in asked if name in found} == {name for name in asked if name in variables}


def test_lines_count_only_before_the_first_command() -> None:
    lines = ["# a comment", "", "   # another", "#SBATCH -c 2", "module load samtools", "#SBATCH -c 8"]

    assert good(*lines).options.cpus == 2
    assert unused(*lines) == [(7, "#SBATCH -c 8")]


def test_the_second_part_of_a_heterogeneous_job_is_left_out() -> None:
    lines = ["#SBATCH -c 2", "#SBATCH hetjob", "#SBATCH -c 8"]

    assert (good(*lines).options.cpus, unused(*lines)) == (2, [(4, "#SBATCH -c 8")])


@pytest.mark.parametrize("line", ["##SBATCH -c 8", " #SBATCH -c 8", "# SBATCH -c 8", "#sbatch -c 8"])
def test_a_line_that_sbatch_would_not_take_means_nothing(line: str) -> None:
    found = good(line)

    assert (found.options.cpus, found.are_present) == (None, False)


def test_our_own_options_count_before_those_of_slurm() -> None:
    found = good(
        "##~~ {timeout: 2h, title: Ours}", "#SBATCH --time=10 --job-name=theirs --cpus-per-task=8", "##~~ note - x"
    )

    assert (found.options.timeout, found.options.title, found.options.cpus) == (timedelta(hours=2), "Ours", 8)
    assert [(each.line, each.found, each.reason) for each in found.unused] == [
        (3, "--time=10", "timeout: 2h in line 2 counts"),
        (3, "--job-name=theirs", "title: Ours in line 2 counts"),
    ]
    assert [parameter.name for parameter in found.parameters] == ["note"]


@pytest.mark.parametrize(
    ("line", "found", "message"),
    [
        ("--time=soon", "--time=soon", "must be minutes, minutes:seconds"),
        ("--time=1:2:3:4", "--time=1:2:3:4", "must be minutes, minutes:seconds"),
        ("--time=-5", "--time=-5", "must be minutes, minutes:seconds"),
        ("--time=1d", "--time=1d", "must be minutes, minutes:seconds"),
        ("--time=1-2:3:4:5", "--time=1-2:3:4:5", "must be minutes, minutes:seconds"),
        ("--time=-", "--time=-", "must be minutes, minutes:seconds"),
        ("--time=", "--time=", "must be minutes, minutes:seconds"),
        ("--time", "--time", "lacks its value"),
        ("-t=10", "-t=10", "must be minutes, minutes:seconds"),
        ("--time=9999-0", "--time=9999-0", "must be more than nothing and at most ten years"),
        ("--mem=4X", "--mem=4X", "must be a whole number of megabytes"),
        ("--mem=1.5G", "--mem=1.5G", "must be a whole number of megabytes"),
        ("--mem=1GiB", "--mem=1GiB", "must be a whole number of megabytes"),
        ("--mem=100B", "--mem=100B", "must be a whole number of megabytes"),
        ("-c 0", "-c 0", "must be a whole number above 0"),
        ("--ntasks=many", "--ntasks=many", "must be a whole number above 0"),
        ("-n 1000 -c 1000", "-n 1000 -c 1000", "must be a whole number from 1 to 4,096"),
        ("-J", "-J", "lacks its value"),
        ("-c 2 samtools", "samtools", "is no option of sbatch: options begin with a dash"),
        (r"-J a\ b", "b", "is no option of sbatch"),
        ("--job-name='a", "--job-name='a", "the quotation mark ' is never closed"),
        ("--mem=4G --mem-per-cpu=1G", "--mem-per-cpu=1G", "does not go with --mem=4G in line 2"),
    ],
)
def test_a_malformed_option_is_a_problem_with_its_line(line: str, found: str, message: str) -> None:
    at, what, words = problem(f"#SBATCH {line}")

    assert (at, what, message in words) == (2, found, True), words


def test_the_dialect_can_be_switched_off() -> None:
    settings = AnnotationSettings(dialects=())

    assert read("#!/bin/bash\n#SBATCH --time=soon\n", settings) == read("", settings)


def test_the_script_of_a_genomics_lab_is_taken_as_it_is() -> None:
    text = """#!/bin/bash -l
# Variant calling for one sample. Submit with: sbatch call_variants.sh
#SBATCH --job-name=call_variants
#SBATCH --account=popgen
#SBATCH --partition=core,node
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16          # bwa, samtools and bcftools all take threads
#SBATCH --mem-per-cpu=3900M
#SBATCH --time=2-00:00:00
#SBATCH --output=logs/%x-%j.out
#SBATCH --error=logs/%x-%j.err
#SBATCH --mail-type=END,FAIL
#SBATCH --mail-user=ada@example.org

##~~ {description: Calls the variants of one sample}
##~~ input_1 {type: input, accept: [.fastq.gz]} - forward reads
##~~ input_2 {type: input, accept: [.fastq.gz]} - backward reads
##~~ output - the variants
set -euo pipefail
module load bwa samtools bcftools

bwa mem -t "${SLURM_CPUS_PER_TASK:-16}" "$REFERENCE" "$1" "$2" | samtools sort | bcftools call -mv -o "$3"
"""

    found = read(text)

    assert found.problems == ()
    assert found.options.title == "call_variants"
    assert found.options.description == "Calls the variants of one sample"
    assert (found.options.timeout, found.options.cpus) == (timedelta(days=2), 16)
    assert found.options.memory == 16 * 3900 * MIB
    assert [each.found for each in found.unused] == [
        "--account=popgen",
        "--partition=core,node",
        "--nodes=1",
        "--output=logs/%x-%j.out",
        "--error=logs/%x-%j.err",
        "--mail-type=END,FAIL",
        "--mail-user=ada@example.org",
    ]
    assert [parameter.name for parameter in found.parameters] == ["input_1", "input_2", "output"]


@pytest.mark.parametrize(
    "text",
    [
        "#SBATCH " + "\\" * 250_000,
        "#SBATCH " + "'\"" * 120_000,
        "#SBATCH " + "-t " * 80_000,
        "#SBATCH --time=" + "9" * 250_000,
        "#SBATCH --time=" + "1:" * 100_000,
        "#SBATCH --mem=" + "9" * 250_000 + "T",
        "#SBATCH -c 1\n" * 20_000,
        "#SBATCH " + " " * 250_000 + "x",
    ],
)
def test_content_meant_to_exhaust_is_answered_soon(text: str) -> None:
    begun = time.monotonic()

    read(text)

    assert time.monotonic() - begun < 20
