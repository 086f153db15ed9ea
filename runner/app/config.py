"""All settings: reads the YAML file, and reports every mistake at once."""

import re
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from runner.app.cleanup import RetentionSettings
from runner.errors import ConfigError
from runner.executors import ExecutorSettings
from runner.files import DiskSettings, SharingSettings
from runner.notifications.delivery import DeliverySettings
from runner.notifications.registry import ChannelSettings
from runner.retrieval import RetrievalSettings
from runner.scripts.annotations import AnnotationSettings
from runner.scripts.exposure import Writers
from runner.service import AccessSettings, PreferenceSettings
from runner.settings import Location
from runner.system.text import nearest, visible
from runner.worker.settings import JobSettings

_MOST_BYTES = 262_144
_LENGTH = 100
_DATABASE = re.compile(r"sqlite:////[^?]+|postgresql(\+\w+)?://.+")
_PASSWORD = re.compile(r"://[^/?:]*:[^/?]*@|[?&]password=", re.IGNORECASE)
PATTERNS = {
    r"^\S+$": "a word without white space",
    r"^[A-Za-z0-9_.][A-Za-z0-9_.-]*$": "a user's name: letters, digits, _ . and -",
    r"^[A-Za-z0-9_.:][A-Za-z0-9_.:%-]*$": "a host's name or address: letters, digits, _ . : % and -",
}
"""What the patterns of settings mean."""

_SECRET_KEY = re.compile(r"password|passwd|token|secret|key|credential", re.IGNORECASE)
_SECRET_VALUE = re.compile(rf"xox[a-z]-|xapp-|{_PASSWORD.pattern}", re.IGNORECASE)
_KINDS = {
    "bool": "true or false",
    "string": "text; put numbers and dates in quotes",
    "path": "a path",
    "tuple": "a list, such as [one, two]",
}
_WHOLE_NUMBER = ("int_", "greater_than", "less_than")


class Config(ChannelSettings):
    """Every setting of the runner. Front ends add their own groups in a subclass."""

    data: Location = Path("../var")
    """The folder of all that ScriptRunner writes; it is made, open to nobody else, when ScriptRunner first starts."""
    scripts: Location = Path("../scripts")
    """The folder of scripts; its sub-folders are the groups in which people see them."""
    refuse_scripts_writable_by: Writers = Writers.OTHERS
    """Whose scripts are not run, because they can change them or a folder on the way to them: others, group or nobody.

    others: scripts that everybody can change, or an owner other than root, ScriptRunner's user and the owner of the
    scripts folder. group: also those that members of a group can change.
    """
    inbox: Location | None = None
    """The folder that people bring input files to; null: "inbox" in the data folder."""
    outbox: Location | None = None
    """The folder that holds a folder of results for each job; null: "outbox" in the data folder."""
    database: str | None = None
    """The database; null: an SQLite file in the data folder.

    Allowed are sqlite:////folder/file.db and postgresql+psycopg://user@host/name.
    """
    secrets_file: Location | None = None
    """A file of secrets, mode 0600, with lines NAME=value; null: they stand in the environment.

    SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, SCRIPTRUNNER_SMTP_PASSWORD, and SCRIPTRUNNER_SECRET_NAME for
    a script's parameter with "secret: NAME".
    """
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged: debug, info, warning or error."""
    annotations: AnnotationSettings = AnnotationSettings()
    jobs: JobSettings = JobSettings()
    executors: ExecutorSettings = ExecutorSettings()
    access: AccessSettings = AccessSettings()
    disk: DiskSettings = DiskSettings()
    sharing: SharingSettings = SharingSettings()
    retention: RetentionSettings = RetentionSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    delivery: DeliverySettings = DeliverySettings()
    preferences: PreferenceSettings = PreferenceSettings()

    @field_validator("database")
    @classmethod
    def _is_known(cls, url: str | None) -> str | None:
        if url is not None and _PASSWORD.search(url):
            raise ValueError("no password here: PostgreSQL takes it from ~/.pgpass or PGPASSWORD")
        if url is not None and not _DATABASE.fullmatch(url):
            raise ValueError(
                "sqlite:////folder/file.db, with a path from the root, or postgresql+psycopg://user@host/name"
            )
        return url

    @field_validator("jobs")
    @classmethod
    def _has_an_executor(cls, jobs: JobSettings) -> JobSettings:
        """The executors that can be chosen are those that have settings."""
        allowed = type(cls.model_fields["executors"].default).model_fields
        if jobs.executor not in allowed:
            raise ValueError(f"executor names none that there is; allowed: {', '.join(allowed)}")
        return jobs


_Kind = TypeVar("_Kind", bound=Config)


def load(path: Path, kind: type[_Kind]) -> _Kind:
    """Read the settings file; ConfigError with every mistake, one a line: file, key, value and what is allowed."""
    written = _parsed(path)
    try:
        return kind.model_validate(written, context={"folder": path.absolute().parent})
    except ValidationError as error:
        lines = [f"{path}: {mistake}" for mistake in _mistakes(kind, error)]
        raise ConfigError("\n".join(lines)) from None  # the cause would show the values of secrets


def _parsed(path: Path) -> dict[str, Any]:
    try:
        content = path.read_text(encoding="utf-8")
        if len(content) > _MOST_BYTES:
            raise ConfigError(f"{path}: larger than the {_MOST_BYTES:,} characters that are allowed")
        written = yaml.load(content, _Loader)  # noqa: S506  # a child of the safe loader
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text, from byte {error.start + 1}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}{_place(error)}: is not the YAML that is allowed: {_reason(error)}") from None
    if written is None:
        return {}
    if not isinstance(written, dict) or not all(isinstance(key, str) for key in written):
        raise ConfigError(f"{path}: allowed are lines KEY: VALUE, with a word as the key")
    return written


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark is not None else ""


def _reason(error: Exception) -> str:
    """The reason alone: YAML's own message shows the lines around it, which may hold a secret."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    problem = getattr(error, "problem", None) or ("a value cannot be read" if error.args == () else str(error))
    hint = "; put a value that begins with * in quotes" if "alias" in problem or "alphabetic" in problem else ""
    return visible(problem)[:_LENGTH] + hint


class _Loader(yaml.SafeLoader):
    """The safe loader without aliases, which can grow without bounds, and without keys given twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # PyYAML's
            raise yaml.MarkedYAMLError(problem="an alias (*name): write the value again", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT002  # PyYAML's
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"“{key.value}” is given twice", problem_mark=key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def _mistakes(kind: type[BaseModel], error: ValidationError) -> list[str]:
    """One line for each mistake: the key, its value and what is allowed."""
    return sorted({_mistake(kind, each) for each in error.errors()})


def _mistake(kind: type[BaseModel], error: ErrorDetails) -> str:
    where = visible(".".join(str(part) for part in error["loc"]))[:_LENGTH]
    return f"{where}: {_value(error)}: {_message(kind, error)}"


def _value(error: ErrorDetails) -> str:
    if any(_SECRET_KEY.search(str(part)) for part in error["loc"]) or _SECRET_VALUE.search(repr(error["input"])):
        return "(not shown)"
    match error["input"]:
        case None:
            return "nothing"
        case True | False as truth:
            return str(truth).lower()
        case dict():
            return "a group of settings"
        case list() | tuple():
            return "a list"
        case other:
            return visible(repr(other))[:_LENGTH]


def _message(kind: type[BaseModel], error: ErrorDetails) -> str:
    *above, key = error["loc"]
    if error["type"] == "extra_forbidden":
        return f"no such setting; {_hint(kind, above, str(key))}"
    field = _field(kind, error["loc"])
    cause = error.get("ctx", {}).get("error")
    if cause is not None and _group(field) is not None:
        return str(cause)  # about several settings together
    return f"allowed: {cause or _allowed(field, error)}"


def _hint(kind: type[BaseModel], above: list[str | int], key: str) -> str:
    group = _group_at(kind, above)
    near = nearest(key, group.model_fields)
    homes = [name for name, field in kind.model_fields.items() if key in getattr(_group(field), "model_fields", ())]
    if near or homes:
        return f"did you mean {near[0] if near else f'{homes[0]}.{key}'}?"
    if _SECRET_KEY.search(key):
        return "secrets belong in the environment or in the file that secrets_file names"
    return f"allowed: {', '.join(group.model_fields)}"


def _allowed(field: FieldInfo | None, error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            return str(context["expected"]).replace("'", "")
        case "string_pattern_mismatch":
            return PATTERNS.get(context["pattern"], f"what the pattern {context['pattern']} describes")
        case "model_type" if group := _group(field):
            return f"a group of settings: {', '.join(group.model_fields)}"
        case kind if kind.startswith(_WHOLE_NUMBER) and field is not None:
            return f"a whole number{_range(field)}"
        case kind:
            return _KINDS.get(kind.partition("_")[0], error["msg"].removeprefix("Input should be "))


def _range(field: FieldInfo) -> str:
    bounds: dict[str, Any] = {}
    for each in field.metadata:
        bounds |= {name: getattr(each, name) for name in ("ge", "le") if hasattr(each, name)}
    words = f" from {bounds['ge']}" if "ge" in bounds else ""
    return words + (f" to {bounds['le']}" if "le" in bounds else "")


def _group_at(kind: type[BaseModel], above: list[str | int]) -> type[BaseModel]:
    for part in above:
        kind = _group(kind.model_fields[str(part)]) or kind
    return kind


def _field(kind: type[BaseModel], location: tuple[str | int, ...]) -> FieldInfo | None:
    """The field that a mistake is about; a part of a list belongs to the list's field."""
    field = None
    for part in location:
        field = kind.model_fields.get(str(part), field)
        kind = _group(field) or kind
    return field


def _group(field: FieldInfo | None) -> type[BaseModel] | None:
    """The group that a field holds; None for a single setting."""
    kinds = () if field is None else (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
