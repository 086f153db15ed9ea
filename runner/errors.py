"""The errors of the house; each message is fit to show to the person who caused it.

Which derives from which; then who raises it, and who does more with it than to pass on its words::

    ScriptRunnerError           whoever refuses something; the worker ends the job that cannot be started with it
    ├── ConfigError             settings, secrets, keys, whoever starts; doctor lists it as what is wrong
    ├── StoreError              store/engine; worker and delivery try again
    ├── Refused                 service/permissions, bot/slack; a field of people says who cannot be chosen
    ├── UnknownScript           scripts/catalogue; /runscript shows the choice of scripts again
    │   └── BrokenScriptAsked   scripts/catalogue, with the first problem of the script; no more is done with it
    ├── QueueFull               store/jobs, service/queue; the form says it under the script, before anything is fetched
    ├── TooLargeToSend          service/logs; the command that fetches the log is shown with it
    ├── InvalidValues           scripts/script, service; the form shows each problem under its field
    ├── InvalidValue            parameters, choices, service; gathered into InvalidValues, or into problems of a script
    ├── ChoicesUnavailable      scripts/choices; the form says so in the field's place
    ├── CommandFailed           system/commands; scripts/choices says why there are no choices
    ├── DeliveryFailed          notifications, the transports; delivery tries that message later
    │   ├── ChannelDown         slack, smtp; delivery puts off all messages of the channel
    │   ├── RecipientBusy       slack, smtp; delivery puts off all messages to that person
    │   └── TicketUnknown       slack_files; delivery brings the file's content anew
    ├── Undeliverable           notifications, transports, delivery; which gives that message up
    ├── UnreadableForm          views/form; /runscript draws the form anew
    └── Interrupted             bot/slack/files; uploads fetch the file once more

Where nobody has caught them before, ``listeners/context`` tells the person, and ``cli/main`` whoever sits at the
terminal.

Errors that no person sees derive from none of these: ``NotSeen`` (executors, for the worker), ``NoAnswer`` (executors),
``Contradictions``, ``Flaw``, ``NotArgc``, ``NotRead``, ``NotPlain``, ``Returned``, ``Exhausted``, ``Finished``
(scripts), ``Forked`` (supervision),
``NotToSend`` (files, for the delivery of files), ``UnboundedPattern`` (retrieval). The stand-in for Slack has its own.
"""

from collections.abc import Mapping


class ScriptRunnerError(Exception):
    """Root of all errors raised on purpose; its text may be shown to people."""


class ConfigError(ScriptRunnerError):
    """The settings cannot be used; the text lists every mistake, one a line."""


class StoreError(ScriptRunnerError):
    """The database cannot be used as it is."""


class Refused(ScriptRunnerError):
    """The person may not do this, or there is no such thing: one answer for both."""


class QueueFull(ScriptRunnerError):
    """No more jobs are taken of that person or of that script for now; the text says how many wait and what to do."""


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
