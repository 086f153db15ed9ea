"""The comment tags of scripts that call argc become parameters, and argc is given just what was entered."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.errors import InvalidValue, InvalidValues
from runner.scripts import Script, invocation
from runner.scripts.annotations import Annotations, AnnotationSettings, read
from runner.scripts.invocation import Invocation
from runner.scripts.parameters import AnyParameter, Boolean, Choice, Input, Integer, Number, Output, Text
from runner.scripts.script import script
from tests.support.scripts.argc_reading import Parameter, Refused
from tests.support.scripts.argc_reading import read as read_by_argc
from tests.support.scripts.hostile import LINES

EVAL = 'eval "$(argc --argc-eval "$0" "$@")"'
BUILT = "# ARGC-BUILD {\n_argc_run() { :; }\n# ARGC-BUILD }"


def text(*tags: str, call: str = EVAL) -> str:
    return (
        "#!/bin/bash\n"
        + "".join(f"# {tag}\n" for tag in tags)
        + f"\n_list() {{ echo a; }}\n_now() {{ date; }}\n{call}\n"
    )


def good(*tags: str, call: str = EVAL) -> Annotations:
    found = read(text(*tags, call=call))
    assert found.problems == ()
    return found


def only(*tags: str) -> AnyParameter:
    (parameter,) = good(*tags).parameters
    return parameter


def problems(*tags: str) -> list[tuple[int | None, str | None, str]]:
    return [(each.line, each.found, each.message) for each in read(text(*tags)).problems]


def unused(*tags: str) -> list[tuple[str, str]]:
    return [(each.found, each.reason) for each in good(*tags).unused]


def made(*tags: str, call: str = EVAL) -> Script:
    found = good(*tags, call=call)
    return script(name="a.sh", path=Path("/a.sh"), options=found.options, parameters=found.parameters)


def invoked(of: Script, values: Mapping[str, str]) -> Invocation:
    checked = of.parse(values)
    return invocation(of, checked, files=lambda parameter, value: f"/{parameter.type}/{value}", secrets={})


BARE_HINT = "text other than help that does not begin with -, unless a number follows"
MODIFIERS = [
    # the tag, the type, options of the parameter, values entered, the arguments made of them
    ("@option --oa", Text, {"flag": "--oa", "required": False}, {"oa": "x y"}, ["--oa=x y"]),
    ("@option --oa", Text, {}, {}, []),
    ("@option -b --ob  short", Text, {"flag": "--ob", "description": "short"}, {"ob": "-5"}, ["--ob=-5"]),
    ("@option -c", Text, {"flag": "-c", "flag_style": "separate"}, {"c": "x"}, ["-c", "x"]),
    ("@option -long", Text, {"flag": "-long"}, {"long": "x"}, ["-long=x"]),
    ("@option +plus", Text, {"flag": "+plus"}, {"plus": "x"}, ["+plus=x"]),
    ("@option --of:", Text, {"flag": "--of"}, {"of": "x"}, ["--of=x"]),
    ("@option --oc!", Text, {"required": True}, {"oc": "x"}, ["--oc=x"]),
    ("@option --od*", Text, {"multiple": True, "required": False}, {"od": "x\ny"}, ["--od=x", "--od=y"]),
    ("@option --od*", Text, {}, {}, []),
    ("@option --oe+", Text, {"multiple": True, "required": True}, {"oe": "x"}, ["--oe=x"]),
    ("@option --of*,", Text, {"multiple": True, "separator": ","}, {"of": "x\ny"}, ["--of=x,y"]),
    ("@option --og+:", Text, {"required": True, "separator": ":"}, {"og": "x\ny"}, ["--og=x:y"]),
    ("@option --oda=a", Text, {"default": "a", "required": False}, {"oda": "a"}, ["--oda=a"]),
    ("@option --oda=a", Text, {}, {}, []),
    ('@option --oda="a b" <X> y', Text, {"default": "a b", "description": "y"}, {}, []),
    ("@option --oda='it is'", Text, {"default": "it is"}, {}, []),
    ("@option --oda=", Text, {"default": None}, {}, []),
    ("@option --odb=`_now`", Text, {"placeholder": "Left empty, the script chooses"}, {}, []),
    ("@option --oca[a|b]", Choice, {"choices": {"a": "a", "b": "b"}, "required": False}, {"oca": "b"}, ["--oca=b"]),
    ("@option --ocb[=a|b]", Choice, {"default": "a", "required": False}, {"ocb": "b"}, ["--ocb=b"]),
    ("@option --occ*[a|b]", Choice, {"multiple": True}, {"occ": "a\nb"}, ["--occ=a", "--occ=b"]),
    ("@option --ocd+[a|b]", Choice, {"multiple": True, "required": True}, {"ocd": "a"}, ["--ocd=a"]),
    ("@option --oce*,[a|b]", Choice, {"separator": ","}, {"oce": "a\nb"}, ["--oce=a,b"]),
    ('@option --ocf["a|b"|\'c d\']', Choice, {"choices": {"a|b": "a|b", "c d": "c d"}}, {"ocf": "a|b"}, ["--ocf=a|b"]),
    ("@option --ocg![=a|b]", Choice, {"required": False, "default": "a"}, {}, []),
    ("@option --ofa[`_list`]", Text, {"required": False}, {"ofa": "x"}, ["--ofa=x"]),
    ("@option --ofb+[?`_list`]", Text, {"required": True, "multiple": True}, {"ofb": "x"}, ["--ofb=x"]),
    ("@option --oea $$ bound", Text, {"flag": "--oea", "description": "bound"}, {"oea": "x"}, ["--oea=x"]),
    ("@option --oeb $BE <PATH>", Input, {"flag": "--oeb"}, {"oeb": "x"}, ["--oeb=/input/x"]),
    ("@option --ona <FILE>", Input, {"required": False}, {"ona": "x"}, ["--ona=/input/x"]),
    ("@option --onb+ <IN-FILE>", Input, {"multiple": True}, {"onb": "x\ny"}, ["--onb=/input/x", "--onb=/input/y"]),
    ("@option --onc=/etc/x <FILE>", Input, {"placeholder": "Left empty, it is /etc/x", "default": None}, {}, []),
    ("@option --output <FILE>", Output, {"required": False}, {"output": "x"}, ["--output=/output/x"]),
    ("@option --out=a.txt <FILE>", Output, {"default": "a.txt"}, {"out": "x"}, ["--out=/output/x"]),
    ("@option --out=/tmp/x <FILE>", Output, {"placeholder": "Left empty, it is /tmp/x"}, {}, []),
    ("@option --output-dir <DIR>", Output, {}, {"output-dir": "x"}, ["--output-dir=/output/x"]),
    ("@option --output-quality=90", Text, {"default": "90"}, {}, []),
    ("@option --data <DIR>", Text, {}, {"data": "/data"}, ["--data=/data"]),
    ("@option --num <NUM>", Number, {"min": None}, {"num": "-0.5"}, ["--num=-0.5"]),
    ("@option --num=4 <INT>", Integer, {"default": "4"}, {"num": "5"}, ["--num=5"]),
    ("@option --size=4K <NUM>", Text, {"default": "4K"}, {}, []),
    ("@option -j <INT>", Integer, {"min": 0}, {"j": "5"}, ["-j", "5"]),
    ("@option --foo.bar", Text, {"name": "foo_bar", "label": "Foo bar"}, {"foo_bar": "x"}, ["--foo.bar=x"]),
    ("@flag --fa", Boolean, {"flag": "--fa"}, {"fa": "true"}, ["--fa"]),
    ("@flag --fa", Boolean, {}, {"fa": "false"}, []),
    ("@flag -b --fb", Boolean, {"flag": "--fb"}, {"fb": "true"}, ["--fb"]),
    ("@flag -c", Boolean, {"flag": "-c"}, {"c": "true"}, ["-c"]),
    ("@flag -1", Boolean, {"name": "flag_1", "label": "Flag 1"}, {"flag_1": "true"}, ["-1"]),
    ("@flag --fd*", Boolean, {"flag": "--fd"}, {"fd": "true"}, ["--fd"]),
    ("@arg va", Text, {"required": False, "omit": True}, {"va": "x"}, ["x"]),
    ("@arg va", Text, {}, {}, []),
    ("@arg vb!", Text, {"required": True, "omit": False}, {"vb": "x y"}, ["x y"]),
    ("@arg vc*", Text, {"multiple": True, "required": False}, {"vc": "x\ny"}, ["x", "y"]),
    ("@arg vc*", Text, {}, {}, []),
    ("@arg vd+", Text, {"multiple": True, "required": True}, {"vd": "x"}, ["x"]),
    ("@arg ve*,", Text, {"multiple": True, "separator": ","}, {"ve": "x\ny"}, ["x,y"]),
    ("@arg ve*,", Text, {}, {}, []),
    ("@arg vf+,[a|b]", Choice, {"separator": ",", "required": True}, {"vf": "a\nb"}, ["a,b"]),
    ("@arg vna <PATH>", Input, {"required": False}, {"vna": "x"}, ["/input/x"]),
    ("@arg vnb! <NUM>", Number, {"min": None}, {"vnb": "-0.5"}, ["-0.5"]),
    ("@arg vnc!", Text, {"pattern_hint": BARE_HINT}, {"vnc": "-5"}, ["-5"]),
    ("@arg vda=a", Text, {"default": "a", "omit": True}, {}, []),
    ("@arg vdb=`_now`", Text, {"required": False}, {}, []),
    ("@arg vca[a|b]", Choice, {"required": False}, {"vca": "b"}, ["b"]),
    ("@arg vcb[=a|b]", Choice, {"default": "a"}, {}, []),
    ("@arg vxa~", Text, {"multiple": True, "pattern": None}, {"vxa": "x\n--help"}, ["x", "--help"]),
    ("@arg file <FILE>     <file> to read", Input, {"description": "<file> to read"}, {"file": "x"}, ["/input/x"]),
    ("@arg input! what to read", Input, {"description": "what to read"}, {"input": "x"}, ["/input/x"]),
    ("@arg output-file", Output, {"omit": True}, {"output-file": "x"}, ["/output/x"]),
    ("@env EA", Text, {"env": "EA", "required": False}, {"EA": "x"}, []),
    ("@env EB!", Text, {"env": "EB", "required": True}, {"EB": "x"}, []),
    ("@env EC=true", Text, {"default": "true"}, {}, []),
    ("@env ED[=dev|prod]", Choice, {"default": "dev", "env": "ED"}, {"ED": "prod"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "kind", "options", "values", "arguments"), MODIFIERS)
def test_each_modifier_gives_its_parameter_and_arguments(
    tag: str, kind: type, options: dict[str, object], values: dict[str, str], arguments: list[str]
) -> None:
    parameter = only(tag)

    assert type(parameter) is kind
    assert {name: getattr(parameter, name) for name in options} == options
    found = invoked(made(tag), values)
    assert found.arguments == arguments
    assert found.environment == ({parameter.env: values[parameter.name]} if parameter.env and values else {})


ALIGN = (
    "@describe Aligns reads to a reference",
    "@option -t --threads=4 <NUM>    How many at once",
    "@option -q --quality[=low|high]",
    "@option --tags*,",
    "@option --region*",
    "@option -n <INT>",
    "@flag   -v --verbose",
    "@arg sample!",
    "@arg lane",
    "@arg rest*",
)
ALIGN_READ = (
    Parameter(name="threads", flag="--threads", default="4"),
    Parameter(name="quality", flag="--quality", default="low", choices=("low", "high")),
    Parameter(name="tags", flag="--tags", several=True, delimiter=","),
    Parameter(name="region", flag="--region", several=True),
    Parameter(name="n", flag="-n"),
    Parameter(name="verbose", flag="--verbose", takes_value=False),
    Parameter(name="sample", required=True),
    Parameter(name="lane"),
    Parameter(name="rest", several=True),
)


@pytest.mark.parametrize("call", [EVAL, BUILT])
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"sample": "s1"}, {"threads": "4", "quality": "low", "sample": "s1"}),
        (
            {"sample": "s1", "threads": "8", "quality": "high", "verbose": "true", "n": "3"},
            {"sample": "s1", "threads": "8", "quality": "high", "verbose": "1", "n": "3"},
        ),
        (
            {"sample": "s1", "lane": "2", "rest": "x\ny", "tags": "a\nb", "region": "chr1:1-5\nX=Y"},
            {"threads": "4", "quality": "low", "sample": "s1", "lane": "2", "rest": ["x", "y"], "tags": ["a", "b"]}
            | {"region": ["chr1:1-5", "X=Y"]},
        ),
    ],
)
def test_argc_reads_back_what_was_entered_and_puts_in_its_own_defaults(
    call: str, values: dict[str, str], found: dict[str, object]
) -> None:
    argv = invoked(made(*ALIGN, call=call), values).arguments

    assert read_by_argc(ALIGN_READ, argv, is_built=call == BUILT) == found


@pytest.mark.parametrize("call", [EVAL, BUILT])
@pytest.mark.parametrize("value", [*LINES, "help", "--flag", "-o", "-o=x", "--oa=y", "a=b=c", "+x", "@x"])
@pytest.mark.parametrize("name", ["oa", "o", "first", "second"])
def test_a_hostile_value_reaches_argc_byte_for_byte_or_is_refused(name: str, value: str, call: str) -> None:
    tags = ("@meta symbol +tool", "@option --oa", "@option -o", "@flag --flag", "@arg first!", "@arg second")
    parameters = [
        Parameter(name="oa", flag="--oa"),
        Parameter(name="o", flag="-o"),
        Parameter(name="flag", flag="--flag", takes_value=False),
        Parameter(name="first", required=True),
        Parameter(name="second"),
    ]
    values = {"first": "x"} | {name: value}

    of = made(*tags, call=call)

    join = name == "oa" and call == EVAL
    if (value.startswith(("-", "+")) and not join) or (name, value) == ("first", "help"):
        with pytest.raises(InvalidValues) as refusal:
            of.parse(values)
        assert list(refusal.value.problems) == [name]
    else:
        argv = invoked(of, values).arguments
        assert read_by_argc(parameters, argv, signs="-+", is_built=call == BUILT) == values


@pytest.mark.parametrize("value", ["h", "he", "hel", "helper", "heap", "hat", "Help", "a", "é", "x-"])
def test_first_position_takes_what_only_looks_like_help(value: str) -> None:
    assert only("@arg first").parse(value) == value


@pytest.mark.parametrize("value", ["help", "-", "-h"])
def test_first_position_takes_neither_help_nor_an_option(value: str) -> None:
    with pytest.raises(InvalidValue, match="text other than help that does not begin with -"):
        only("@arg first").parse(value)


def test_the_model_of_argc_refuses_what_argc_refuses() -> None:
    for argv in (["--oa"], ["--oa", "-x"], ["--no=1"], ["-ox"], ["a", "b"], ["--oa=1", "--oa=2"], ["help"], ["--help"]):
        with pytest.raises(Refused):
            read_by_argc([Parameter(name="oa", flag="--oa"), Parameter(name="a")], argv)


def test_an_optional_position_needs_those_before_it_lest_it_slip_into_their_place() -> None:
    align = made(*ALIGN)

    with pytest.raises(InvalidValues) as caught:
        align.parse({"sample": "s1", "rest": "x"})

    assert caught.value.problems == {"rest": "needs “Lane” too"}


def test_a_position_before_a_needed_one_is_needed_itself() -> None:
    parameters = good("@arg a", "@arg b=x", "@arg ref=/x <FILE>", "@arg c!").parameters

    assert [(each.required, each.omit) for each in parameters] == [(True, False)] * 4
    assert [each.default for each in parameters] == [None, "x", None, None]
    assert all(getattr(each, "placeholder", None) is None for each in parameters), "nothing may be left empty"


def test_what_takes_all_the_rest_comes_last_in_the_command_line() -> None:
    command = made("@arg command~", "@option --oa", "@flag --fa")

    argv = invoked(command, {"command": "x\ny", "oa": "1", "fa": "true"}).arguments

    assert argv == ["--oa=1", "--fa", "x", "y"]


def test_the_parser_that_argc_builds_in_is_given_options_apart_from_their_values() -> None:
    built = made("@option --oa", "@option --ob <INT>", call=BUILT)

    assert invoked(built, {"oa": "a=b", "ob": "1"}).arguments == ["--oa", "a=b", "--ob", "1"]
    with pytest.raises(InvalidValues, match="must be text that does not begin with -, not “-x”"):
        built.parse({"oa": "-x"})


def test_descriptions_go_on_in_the_comment_lines_below() -> None:
    found = read(
        "#!/bin/bash\n"
        "# @describe Aligns reads\n"
        "# to a reference.\n"
        "#\n"
        "# Needs bwa.\n"
        "#SBATCH --cpus-per-task=4\n"
        "# @option --oa  First\n"
        "#   and more\n"
        "\n"
        "# not of it\n"
        "# @flag --fa  Last\n"
        f"{EVAL}\n"
    )

    assert found.options.description == "Aligns reads to a reference. Needs bwa."
    assert [each.description for each in found.parameters] == ["First and more", "Last"]
    assert found.options.cpus == 4


def test_author_is_the_owner_and_the_other_metadata_is_listed() -> None:
    tags = ("@meta author Ada <ada@example.org>", "@meta version 1.2", "@meta require-tools bwa")

    assert good(*tags).options.owner == "Ada <ada@example.org>"
    assert unused(*tags) == [
        ("@meta version 1.2", "says nothing that a form needs"),
        ("@meta require-tools bwa", "says nothing that a form needs"),
    ]


@pytest.mark.parametrize(
    ("tag", "found", "reason"),
    [
        ("@option --oa[`_list`]", "[`_list`]", "is known only while the script runs: a line of text is asked for"),
        ("@option --oa $$", "$$", "the value is passed as an argument"),
        ("@arg oa $OA", "$OA", "the value is passed as an argument"),
        ("@flag --verbose*", "--verbose*", "a box is ticked once"),
        ("@option --oa: <FILE+>", "<FILE+>", "one value is passed each time"),
        ("@option --oa* <A> <B>  two", "@option --oa* <A> <B>", "takes 2 values at once, several times"),
        ("@option --oa-", "@option --oa-", "is a family of options: anything may follow the name"),
        ("@env PATH", "@env PATH", "is a variable that is set already, or changes which programs run"),
        (
            "@option -l[-1|0|1]",
            "@option -l[-1|0|1]",
            "offers “-1”, which argc takes for something else than a value",
        ),
    ],
)
def test_what_has_no_effect_is_listed_with_its_reason(tag: str, found: str, reason: str) -> None:
    assert unused(tag) == [(found, reason)]


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("@option foo", "is no @option that argc can read"),
        ("@option --foo[a|b", "is no @option that argc can read"),
        ("@option --foo!x", "is no @option that argc can read"),
        ("@flag --foo=x", "is no @flag that argc can read"),
        ("@flag --foo!", "is no @flag that argc can read"),
        ("@arg", "is no @arg that argc can read"),
        ("@arg $1 first", "is no @arg that argc can read"),
        ("@env E*", "is no @env that argc can read"),
        ("@option --oa+ <A> <B>", "takes 2 values at once, several times; describe the parameters in lines of Script"),
        (
            "@option --oa*, <A> <B>",
            "takes 2 values at once, which does not go with the separator ,; argc refuses every",
        ),
        ("@option --oa[=a]", "is no @option that argc can read"),
        ("@option --oa!=a", "is no @option that argc can read"),
        ("@option --oa=`_never`", "names “_never”, which is no function of the script; argc refuses every job"),
        ("@arg oa[`_never`]", "names “_never”, which is no function of the script; argc refuses every job"),
        ("@foo bar", "is no tag of argc; argc refuses every job"),
        ("@argument", "is no tag of argc; argc refuses every job"),
        ("@meta", "says nothing; argc refuses every job"),
        ("@meta version", "gives no version; argc refuses every job"),
        ("@meta symbol toolchain", "is no symbol: it must be @NAME or +NAME"),
        ("@option --oa-!", "is a family of options: anything may follow the name; describe the parameters in lines"),
        ("@arg mode[-a|-b]", "offers “-a”, which argc takes for something else than a value"),
        ("@env PATH!", "is a variable that is set already, or changes which programs run"),
        ("@option --oa[a|a]", "lists “a” more than once"),
    ],
)
def test_what_cannot_be_said_and_argc_needs_is_a_problem_with_its_line(tag: str, message: str) -> None:
    ((line, _, words),) = problems("a comment", tag)

    assert (line, message in words) == (3, True), words


def test_three_lists_and_what_follows_a_list_are_checked_like_everywhere() -> None:
    assert problems("@arg a*", "@arg b*", "@arg c") == [
        (3, "@arg b*", "needs a separator or a flag: “a” is any number of arguments already"),
        (3, "@arg b*", "stands behind “a”, which has no fixed length"),
        (4, "@arg c", "stands behind “a”, which has no fixed length"),
    ]


def test_two_lists_are_told_apart_by_dashes_and_given_together() -> None:
    copy = made("@arg from*", "@arg to*")

    assert invoked(copy, {"from": "a\nb", "to": "c\n-d"}).arguments == ["a", "b", "--", "c", "-d"]
    assert invoked(copy, {}).arguments == []
    with pytest.raises(InvalidValues, match="needs “To” too"):
        copy.parse({"from": "a"})


def test_option_that_takes_all_that_follows_comes_last() -> None:
    run = made("@option --run~ <PROGRAM> <ARGS...>", "@flag --dry", "@option --paths <FILE*>", "@arg first")

    values = {"run": "ls\n5", "dry": "true", "first": "x", "paths": "a\nb"}
    assert invoked(run, values).arguments == ["--dry", "x", "--paths", "/input/a", "/input/b", "--run", "ls", "5"]
    assert problems("@option --run~", "@arg rest~") == []
    assert unused("@option --run~", "@arg rest~") == [
        ("@option --run~", "takes all that follows it, and so does another one")
    ]


def test_option_of_definitions_asks_for_name_and_value() -> None:
    build = made("@option -D-*  defines")

    assert invoked(build, {"D": "A=1\nB.c=x=y"}).arguments == ["-DA=1", "-DB.c=x=y"]
    assert invoked(made("@option -X --ox-"), {"ox": "A=1"}).arguments == ["-XA=1"]
    with pytest.raises(InvalidValues, match="a name, = and a value"):
        build.parse({"D": "A"})


@pytest.mark.parametrize("flag", ["--foo:bar", "--foo.bar", "-#", "-?", "-@", "--a@b", "+x"])
def test_flags_have_all_signs_that_argc_allows(flag: str) -> None:
    assert invoked(made(f"@flag {flag}  one"), {only(f"@flag {flag}").name: "true"}).arguments == [flag]


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("@option -f --foo", "@option -f --bar", "-f"),
        ("@option --foo", "@flag --foo", "--foo"),
        ("@flag -f", "@flag -f --foo", "-f"),
        ("@arg foo", "@arg foo", "foo"),
        ("@env FOO", "@env FOO", "FOO"),
    ],
)
def test_names_that_are_taken_are_refused_as_argc_refuses_every_job(first: str, second: str, name: str) -> None:
    found = f"has “{name}”, which is taken in line 2 already; argc refuses every job"

    assert problems(first, second) == [(3, second, found)]


def test_parameters_of_two_kinds_may_have_one_name() -> None:
    found = made("@option --url", "@arg url", "@arg foo.bar", "@arg foo:bar")

    assert [each.name for each in found.parameters] == ["url", "url_arg", "foo_bar", "foo_bar_arg"]
    assert invoked(found, {"url": "a", "url_arg": "b"}).arguments == ["--url=a", "b"]


def test_option_that_takes_several_values_at_once_asks_for_each() -> None:
    found = made("@arg rest*", "@option --copy <FILE> <TARGET>  what and where")

    assert [(each.name, each.type, each.label, each.description) for each in found.parameters] == [
        ("copy", "input", "Copy: FILE", "what and where"),
        ("copy_2", "text", "Copy: TARGET", ""),
        ("rest", "text", "Rest", ""),
    ]
    values = {"copy": "a", "copy_2": "b", "rest": "c"}
    assert invoked(found, values).arguments == ["--copy", "/input/a", "b", "c"]
    assert invoked(found, {"rest": "c"}).arguments == ["c"]
    with pytest.raises(InvalidValues, match="needs “Copy: TARGET” too"):
        found.parse({"copy": "a"})


def test_option_whose_last_value_may_lack_asks_for_the_others() -> None:
    found = made("@option --copy! <A> <B?>")

    assert invoked(found, {"copy": "a"}).arguments == ["--copy", "a"]
    assert invoked(found, {"copy": "a", "copy_2": "b"}).arguments == ["--copy", "a", "b"]


def test_option_of_several_values_the_last_of_which_is_a_list_is_no_neighbour_of_an_argument() -> None:
    assert unused("@option -c <CMD> <FILE+>", "@arg rest*") == [
        ("@option -c <CMD> <FILE+>", "takes as many values as follow, also those of an @arg")
    ]
    one = {"onc": "a", "onc_2": "b"}
    assert invoked(made("@option --onc <CMD> <FILE+>"), one).arguments == ["--onc", "a", "/input/b"]


def test_our_own_parameters_count_before_those_of_argc() -> None:
    found = read(f"#!/bin/bash\n##~~ note - x\n# @describe D\n# @option --oa[a|a]\n# @cmd Up\n{EVAL}\n")

    assert found.problems == ()
    assert [each.name for each in found.parameters] == ["note"]
    assert {(each.line, each.reason) for each in found.unused} == {
        (line, "the parameters in lines ##~~ count instead") for line in (3, 4, 5)
    }


def test_our_own_options_go_with_the_parameters_of_argc() -> None:
    found = read(
        f"#!/bin/bash\n##~~ {{title: T, description: Ours}}\n#SBATCH -t 10\n# @describe D\n# @flag --fa\n{EVAL}\n"
    )

    assert (found.problems, found.options.title, found.options.description) == ((), "T", "Ours")
    assert [each.name for each in found.parameters] == ["fa"]
    assert [(each.line, each.found) for each in found.unused] == [(4, "@describe D")]


@pytest.mark.parametrize(
    "call",
    [
        EVAL,
        '  eval "$(argc --argc-eval $0 "$@")"',
        'eval "$(/opt/bin/argc --argc-eval "$0" "$@")"',
        'eval $(argc -e $0 "$@")',
        'exec argc --argc-run "$0" "$@"',
        BUILT,
    ],
)  # fmt: skip
def test_tags_count_where_the_script_has_argc_read_its_command_line(call: str) -> None:
    assert [each.name for each in good("@option --oa", call=call).parameters] == ["oa"]


def test_tags_count_where_argc_is_the_interpreter() -> None:
    assert len(read("#!/usr/bin/env -S argc --argc-run\n# @flag --fa\n").parameters) == 1


@pytest.mark.parametrize(
    "source",
    [
        "#!/bin/bash\n# @description For shdoc\n# @arg $1 string A name\n# @option -h | --help Help\n# @cmd\n",
        "#!/usr/bin/env python3\n# @option --foo[a|b\n# @arg foo\n",
        "#!/usr/bin/env node\n/**\n * @option {string} --foo\n * @arg foo the foo\n */\n// @flag --x\n",
        '"""\n@arg foo: the foo\n:option --x\n"""\n# @arg x\n',
        f"#!/bin/bash\n# call it like this: {EVAL}\n# @option bad\n",
        "int main(int argc, char **argv) {}\n# @option bad\n",
        f"#!/bin/bash\n  # @option bad\n# see @option bad\n#@ option bad\necho '# @option bad'\n{EVAL}\n",
    ],
)
def test_words_in_other_comments_mean_nothing(source: str) -> None:
    found = read(source)

    assert (found.problems, found.parameters, found.are_present) == ((), (), False)


def test_the_dialect_can_be_switched_off() -> None:
    settings = AnnotationSettings(dialects=("sbatch",))

    assert read(text("@option bad"), settings) == read("", settings)


def test_a_backup_script_as_people_write_them_for_argc_is_taken_as_it_is() -> None:
    source = f"""#!/usr/bin/env bash
set -euo pipefail

# @describe Copies a folder of results to the archive
#
# Nothing that is there already is overwritten.

# @meta version 2.1.0
# @meta require-tools rsync,zstd

# @option -l --level=3 <INT>          how hard to compress
# @option -x --exclude* <GLOB>        leave these out
# @option    --target![tape|cloud]    where it goes
# @option    --manifest <FILE>        a list of what to copy
# @flag   -n --dry-run                only say what would be done
# @arg folder! <DIR>                  the folder to copy
# @arg label                          a name to find it by

{EVAL}

[[ -n "${{argc_dry_run:-}}" ]] && set -- --dry-run
rsync "$@" "$argc_folder" "$argc_target:/archive/${{argc_label:-unnamed}}"
"""

    found = read(source)

    assert found.problems == ()
    assert found.options.description == (
        "Copies a folder of results to the archive Nothing that is there already is overwritten."
    )
    assert [(each.name, each.type, each.required) for each in found.parameters] == [
        ("level", "integer", False),
        ("exclude", "text", False),
        ("target", "choice", True),
        ("manifest", "input", False),
        ("dry-run", "boolean", True),
        ("folder", "text", True),
        ("label", "text", False),
    ]


@pytest.mark.parametrize(
    "tail",
    [
        "# @option --x[" + '"|' * 100_000,
        "# @option --x " + "<" * 200_000,
        "# @option --x " + "<a" * 100_000,
        "# @option --x" + " " * 200_000 + "$",
        "# @option " + "-" * 200_000,
        "# @option --x='" + "\\'" * 100_000,
        "# @arg " + "a" * 200_000,
        "# @arg a\n" * 20_000,
        "# @describe\n" + "# x\n" * 50_000,
        "argc " * 50_000,
        "#" * 200_000 + " @x",
    ],
)
def test_content_meant_to_exhaust_is_answered_soon(tail: str) -> None:
    begun = time.monotonic()

    for problem in read(f"{EVAL}\n{tail}\n").problems:
        str(problem)

    assert time.monotonic() - begun < 20
