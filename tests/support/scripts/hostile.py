"""Values that have broken systems like this one, and which types of parameters take them."""

from collections.abc import Callable, Iterator

from runner.system.text import visible

LINES = [
    "; rm -rf x",
    "`id`",
    "$(id)",
    "${HOME}",
    "$HOME",
    "| tee x",
    "&& id",
    "> x",
    "'",
    '"',
    "'; id #",
    "\\",
    "\\'",
    "-rf",
    "--help",
    "-",
    "--",
    "*",
    "?",
    "[a-z]",
    "{a,b}",
    "~",
    "../../etc/passwd",
    "/etc/passwd",
    "--exec=id",
    "abc;id",
    "<!channel> <@U0MARIA0001>",
    "%s%n",
    "%(id)s",
    "a\tb",
    "  leading and trailing  ",
    "=",
    "naïve café",
    "日本語",
    "👩‍💻🏳️‍🌈",
    "e\u0301",
    "\u202egnp.exe",
    "\x1b[31mred\x1b[0m",
    "\x07\x08",
    "\ufeff",
    "é" * 3000,
    "x" * 3000,
]
"""Every one reaches a script byte for byte."""

REFUSED_LINES = ["a\nb", "a\n", "\n", "a\rb", "a\x85b", "a\u2028b", "a\0b", "a\ud800b", "x" * 3001]
"""Not one reaches a script from a field for a line of text."""

IMPOSSIBLE = {"a\0b", "a\ud800b", "x" * 3001}  # no argument holds the first two, no field of Slack the last


def is_nothing(value: str) -> bool:
    del value
    return False


def is_line(value: str) -> bool:
    return value in LINES


def is_text(value: str) -> bool:
    return value not in IMPOSSIBLE


def is_in_an_inbox(value: str) -> bool:
    """An inbox may hold files of any name."""
    return value not in IMPOSSIBLE and "/" not in value and len(value.encode()) <= 255


def is_result(value: str) -> bool:
    return is_in_an_inbox(value) and value[0] not in ".-" and visible(value) == value


TAKEN: dict[str, Callable[[str], bool]] = {
    "text": is_line,
    "multiline": is_text,
    "integer": is_nothing,
    "number": is_nothing,
    "boolean": is_nothing,
    "choice": is_nothing,
    "date": is_nothing,
    "time": is_nothing,
    "datetime": is_nothing,
    "email": is_nothing,
    "url": is_nothing,
    "ip": is_nothing,
    "user": is_nothing,
    "input": is_in_an_inbox,
    "output": is_result,
}
"""What each type takes of the hostile values, said without a look at how it checks."""

MADE_FOR_IT: dict[str, dict[str, bool]] = {
    "text": {"a" * 3000: True},
    "multiline": {"\n \n": True, "a\tb\r\nc\x1b[0m": True},
    "integer": dict.fromkeys(["1;id", "1\n", "\u0663", "1e9", "0x10", "--5", str(2**63), "1_000"], False),
    "number": dict.fromkeys(["nan", "inf", "1,5", "1e1000", "\u0663.3", "1.0\n", "1 000"], False),
    "boolean": dict.fromkeys(["yes", "1", "TRUE", "true\n"], False),
    "choice": {"a;b": True} | dict.fromkeys(["a;", "a;b\n", "A;B", "small\nlarge"], False),
    "date": dict.fromkeys(["2024-02-30", "2024-01-01\n", "\u0663024-01-01", "24-01-01"], False),
    "time": dict.fromkeys(["24:00", "9:30", "09:30\n", "\u06609:30", "09:60"], False),
    "datetime": dict.fromkeys(["2026-03-04T10:00", "2026-03-04T10:00Z\n", "0001-01-01T00:00+01:00"], False),
    "email": {"a-rf@example.com": True, "a`id`$HOME'@example.com": True}
    | dict.fromkeys(
        ["$(id)@example.com", "a;b@example.com", "a@b.c\n", "a@b.c,d@b.c", "é@b.c", "a@b", "a b@c.d", "-a@b.de"], False
    ),
    "url": {"https://example.com/$(id)?a=';id&b=*": True}
    | dict.fromkeys(["javascript:alert(1)", "file:///etc/passwd", "http://a b", "http://", "http://x\n"], False)
    | dict.fromkeys(["http://a/`id`", "http://a/<b>", "-http://x", "http://x:99999", "http://[::1"], False),
    "ip": dict.fromkeys(
        ["127.0.0.1;id", "1.2.3.4\n", "fe80::1%$(id)", "\u0661.2.3.4", "1.2.3", "0x7f.1", "1.2.3.4/24"], False
    ),
    "user": dict.fromkeys(["U0MARIA0001", "<@U0MARIA0001>", "a@b.c\nd@e.f", "@maria", "-a@b.de"], False),
    "input": {"~/~": True, "~/$(id)": True, "a\nb": True} | dict.fromkeys(["~/../x", "~/.", "~//a", "..", "~/"], False),
    "output": dict.fromkeys(["..", ".bashrc", "job-1.log", "a/b", "a\nb", "a\u202eb", "-o"], False),
}
"""Values that only this type has to fear, and whether it takes them."""

GOOD = {
    "text": "a b",
    "multiline": "a\nb",
    "integer": "-12",
    "number": "+1.50e1",
    "boolean": "true",
    "choice": "a;b",
    "date": "2024-02-29",
    "time": "09:30",
    "datetime": "2026-03-04T10:00Z",
    "email": "ada@example.com",
    "url": "https://example.com/a?b=c",
    "ip": "2001:db8::1",
    "user": "ada@example.com",
    "input": "~/reads.fq",
    "output": "counts.txt",
}


def hostile_values(kind: str) -> Iterator[tuple[str, bool]]:
    """All that a type is tried with, and whether it takes it."""
    yield from ((raw, TAKEN[kind](raw)) for raw in [*LINES, *REFUSED_LINES] if raw not in MADE_FOR_IT[kind])
    yield from MADE_FOR_IT[kind].items()
    yield GOOD[kind], True
