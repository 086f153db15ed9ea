"""The errors of the house; each message is fit to show to the person who caused it."""

from collections.abc import Mapping


class ScriptRunnerError(Exception):
    """Root of all errors raised on purpose; its text may be shown to people."""


class ConfigError(ScriptRunnerError):
    """The settings cannot be used; the text lists every mistake, one a line."""


class StoreError(ScriptRunnerError):
    """The database cannot be used as it is."""


class Refused(ScriptRunnerError):
    """The person may not do this, or there is no such thing: one answer for both."""


class UnknownScript(ScriptRunnerError):
    """No script of that name can be run; ``nearest`` holds similar names, best first."""

    def __init__(self, name: str, *, nearest: tuple[str, ...] = ()) -> None:
        hint = f" Did you mean {' or '.join(f'“{near}”' for near in nearest)}?" if nearest else ""
        super().__init__(f"There is no script “{name}”.{hint}")
        self.name = name
        self.nearest = nearest


class InvalidValues(ScriptRunnerError):
    """Values were refused; ``problems`` maps the parameter's name to what is wrong with its value."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


class InvalidValue(ScriptRunnerError):
    """One value was refused; the text says what is wrong with it, fit to stand under its field in a form."""
