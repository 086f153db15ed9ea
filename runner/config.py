"""All settings: reads the YAML file and the secrets, and reports every mistake at once."""

import stat
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError, model_validator
from pydantic_core import ErrorDetails

from runner.annotations import AnnotationSettings
from runner.cleanup import RetentionSettings
from runner.errors import ConfigError
from runner.notifications.delivery import DeliverySettings
from runner.notifications.mail import MailSettings
from runner.orders import JobSettings
from runner.retrieval import RetrievalSettings
from runner.service import AccessSettings
from runner.settings import Location, Settings
from runner.wording import visible

_SECRET_WORDS = ("password", "token", "secret", "key")
_MOST_BYTES = 262_144


class Config(Settings):
    """Every setting of the runner. Front ends add their own groups in a subclass."""

    data: Location = Path("../var")
    scripts: Location = Path("../scripts")
    inbox: Location | None = None
    outbox: Location | None = None
    database: str | None = None
    secrets_file: Location | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    annotations: AnnotationSettings = AnnotationSettings()
    jobs: JobSettings = JobSettings()
    access: AccessSettings = AccessSettings()
    retention: RetentionSettings = RetentionSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    mail: MailSettings = MailSettings()
    delivery: DeliverySettings = DeliverySettings()

    @model_validator(mode="before")
    @classmethod
    def _with_all_groups(cls, written: object) -> object:
        """Read a group that is left out like an empty one: its default paths start from the file's folder too."""
        if not isinstance(written, dict):
            return written
        groups = [name for name, field in cls.model_fields.items() if isinstance(field.default, Settings)]
        return {name: {} for name in groups} | written


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What only the environment or the secrets file may hold; never shown."""

    slack_bot_token: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    smtp_password: str | None = field(default=None, repr=False)

    def environment(self) -> dict[str, str]:
        """Those that are there, by the names of their variables, to hand them on to another process of ours."""
        found = {variable: getattr(self, name) for name, variable in _VARIABLES.items()}
        return {variable: secret for variable, secret in found.items() if secret}


_VARIABLES = {
    "slack_bot_token": "SLACK_BOT_TOKEN",
    "slack_app_token": "SLACK_APP_TOKEN",
    "slack_signing_secret": "SLACK_SIGNING_SECRET",
    "smtp_password": "SCRIPTRUNNER_SMTP_PASSWORD",
}
_Kind = TypeVar("_Kind", bound=Config)


def load(path: Path, kind: type[_Kind]) -> _Kind:
    """Read the settings file; ConfigError with every mistake, one a line: file, key, value and what is allowed."""
    written = _parsed(path)
    try:
        return kind.model_validate(written, context={"folder": path.absolute().parent})
    except ValidationError as error:
        lines = sorted({_mistake(kind, path, each) for each in error.errors()})
        raise ConfigError("\n".join(lines)) from None  # the cause would show the values of secrets


def take_secrets(config: Config, environment: MutableMapping[str, str]) -> Secrets:
    """The secrets: from the environment, or else from the secrets file (NAME=value lines, as systemd reads them).

    They are taken out of the environment, so that nothing else in the process, and none of its children, finds them.
    """
    kept = dict(_secret_lines(config.secrets_file)) if config.secrets_file else {}
    found = {name: environment.pop(variable, None) or kept.get(variable) for name, variable in _VARIABLES.items()}
    return Secrets(**found)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        content = path.read_text(encoding="utf-8")
        if len(content) > _MOST_BYTES:
            raise ConfigError(f"{path}: larger than the {_MOST_BYTES:,} characters that are allowed")
        written = yaml.load(content, _Loader) or {}  # noqa: S506  # a child of the safe loader
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not the YAML that is allowed: {error}") from error
    if not isinstance(written, dict):
        raise ConfigError(f"{path}: must be a mapping of settings, not {type(written).__name__}")
    return written


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases, which can grow without bounds, and without keys given twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*name): write the value again")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT002  # PyYAML's
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"“{key}” is given twice, from line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


def _mistake(kind: type[BaseModel], path: Path, error: ErrorDetails) -> str:
    *above, key = error["loc"]
    where = ".".join(str(part) for part in error["loc"])
    value = visible(repr(error["input"]))[:100]
    if any(word in str(key) for word in _SECRET_WORDS):
        value = "(not shown)"
    if error["type"] == "extra_forbidden":
        return f"{path}: {where}: {value}: no such setting; {_allowed(kind, above, str(key))}"
    return f"{path}: {where}: {value}: {_message(error)}"


def _message(error: ErrorDetails) -> str:
    cause = error.get("ctx", {}).get("error")
    return str(cause) if cause is not None else error["msg"].replace("Input should be", "must be")


def _allowed(kind: type[BaseModel], above: list[str | int], key: str) -> str:
    for part in above:
        annotation = kind.model_fields[str(part)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return "nothing may stand here"
        kind = annotation
    names = list(kind.model_fields)
    nearest = get_close_matches(key, names, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"allowed: {', '.join(names)}"


def _secret_lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: the secrets file cannot be read: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path}: others can read this secrets file; mend it with: chmod 600 {path}")
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or name.strip() not in _VARIABLES.values():
            raise ConfigError(f"{path}:{number}: allowed are lines NAME=value with {', '.join(_VARIABLES.values())}")
        yield name.strip(), value.strip().strip("\"'")
