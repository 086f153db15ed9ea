"""Tells which parameters are likely secrets by their names, so that nobody types one into a form."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from runner.scripts.annotations import Annotations
from runner.scripts.annotations.statements import Dialect
from runner.scripts.parameters import AnyParameter, Multiline, Text, Url, is_secret
from runner.system.text import quoted

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SURE = frozenset(
    {"password", "passwd", "passphrase", "secret", "credential", "credentials", "creds", "dsn"}
    | {"apikey", "authtoken", "accesstoken", "accesskey", "secretkey", "privatekey"}
)
_PAIRS = frozenset(
    {("connection", "string"), ("webhook", "url"), ("bearer", "auth")}
    | {(what, how) for what in ("database", "db", "postgres", "redis", "mongo", "mongodb") for how in ("url", "uri")}
)
_KEYS = frozenset(
    {"api", "access", "secret", "private", "auth", "encryption", "decryption", "signing", "master", "account"}
    | {"service", "deploy", "license", "licence", "ssh", "ssl", "tls", "gpg", "pgp", "rsa", "hmac", "session", "admin"}
)
_OTHER_KEYS = frozenset(
    {"sort", "order", "primary", "foreign", "public", "group", "partition", "row", "index", "hash", "range", "join"}
    | {"cache", "map", "object", "dict", "unique", "lookup", "search", "field", "column", "config", "json", "hot"}
)
_OTHER_TOKENS = frozenset(
    {"max", "min", "num", "number", "count", "pad", "stop", "start", "end", "eos", "bos", "sep", "separator", "mask"}
    | {"unk", "special", "split", "per", "n"}
)
_ABOUT = frozenset(
    {"file", "path", "dir", "folder", "name", "id", "length", "len", "size", "count", "limit", "field", "column"}
    | {"policy", "type", "kind", "format", "age", "ttl", "expiry", "prefix", "suffix", "hint", "position", "index"}
)


def notes(path: Path, found: Annotations) -> Iterator[str]:
    """A line for each parameter of a file whose value people enter though it is likely a secret."""
    for each in found.commands or (found,):
        for parameter in each.parameters:
            if isinstance(parameter, Text | Multiline | Url) and not is_secret(parameter) and _is_telling(parameter):
                stated = each.sources.parameters.get(parameter.name)
                place = path if stated is None else f"{path}:{stated.line}"
                yield f"{place}: {_words(parameter, stated.dialect if stated else Dialect.OURS)}"


def is_secret_name(name: str, *, is_variable: bool = False) -> bool:
    """Whether something of that name is likely a secret: by whole words, in any spelling of names."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    pairs = set(pairwise(words))
    if _SURE & set(words) or _PAIRS & pairs or ("pwd" in words and len(words) > 1):
        return True
    if words[-1] == "token":
        return not _OTHER_TOKENS & set(words)
    if words[-1] != "key" or len(words) == 1:
        return False
    return words[-2] in _KEYS or (is_variable and not _OTHER_KEYS & set(words))


def _is_telling(parameter: AnyParameter) -> bool:
    named = is_secret_name(parameter.name) or is_secret_name(parameter.flag or "")
    return named or is_secret_name(parameter.env or "", is_variable=True)


def _words(parameter: AnyParameter, dialect: Dialect) -> str:
    by_flag = parameter.flag if parameter.flag and not is_secret_name(parameter.name) else None
    name = re.sub(r"[^A-Z0-9_]", "_", (parameter.env or by_flag or parameter.name).upper()).strip("_")
    is_constant = isinstance(parameter, Text) and parameter.constant is not None
    kept = "stands in the script" if is_constant else "is typed into the form, and kept with the job"
    by = "stdin: true" if parameter.stdin else f"env: {parameter.env or name}"
    line = f"##~~ {parameter.name} {{secret: {name}, {by}}}"
    argc = "; argc's tags count where no such line describes a parameter" if dialect is Dialect.ARGC else ""
    return f"{quoted(parameter.name)} is likely a secret, and {kept}: the server keeps it with {line}{argc}"
