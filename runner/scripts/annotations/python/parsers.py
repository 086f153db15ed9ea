"""What argparse's calls build up: parsers with their arguments, groups and subparsers, as the file makes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from runner.scripts.annotations.python import expressions
from runner.scripts.annotations.python.arguments import Exclusive
from runner.scripts.annotations.python.evaluating import Exhausted
from runner.scripts.annotations.python.kinds import OpenedFile
from runner.scripts.annotations.python.library import Finished
from runner.scripts.annotations.python.values import Bound, Class, External, MadeCall, NotPlain, Unknown

_PARSER = "argparse.ArgumentParser"
_MOST_ADDED = 2_000  # arguments of all parsers of a file together
_PARSING = ("parse_args", "parse_intermixed_args", "parse_known_args", "parse_known_intermixed_args")
_HARMLESS = ("print", "argcomplete.autocomplete", "shtab.add_argument_to", "type", "isinstance", "id", "repr", "super")
_SUPER = External("super()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A call of ``add_argument`` with where it stands; ``uncertain`` says why it may be made never or often."""

    call: MadeCall
    section: str | None
    exclusive: Exclusive | None
    uncertain: str | None

    @property
    def names(self) -> Sequence[object]:
        """What it is called: flags, or one name of a position."""
        return self.call.arguments


@dataclass(frozen=True, slots=True)
class Subparser:
    """One of several parsers that a word chooses from."""

    word: object
    parser: "Parser"
    summary: object
    line: int


@dataclass(slots=True, eq=False)
class Subparsers:
    """The words that a parser goes on with, each with the parser of the rest."""

    of: "Parser"
    choices: list[Subparser] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Parser:
    """A parser of command lines; ``doubts`` is how many reasons there are by which it may not be made at all."""

    call: MadeCall
    added: list[Added] = field(default_factory=list)
    defaults: dict[str, object] = field(default_factory=dict)
    subparsers: Subparsers | None = None
    is_parent: bool = False
    is_intermixed: bool = False
    doubts: int = 0
    foreign: list[tuple[int, str]] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """A text that it was made with, if it is known."""
        value = self.call.option(name, {"prog": 0, "usage": 1, "description": 2, "epilog": 3}.get(name))
        return value if isinstance(value, str) else None

    @property
    def prefixes(self) -> str:
        """What its options may begin with."""
        given = self.call.option("prefix_chars")
        return given if isinstance(given, str) and given else "-"

    @property
    def file_prefixes(self) -> str:
        """What an argument begins with that names a file of arguments."""
        given = self.call.option("fromfile_prefix_chars")
        return given if isinstance(given, str) else ""


@dataclass(frozen=True, slots=True, eq=False)
class ParserGroup:
    """Some arguments of a parser, under a heading or of which only one may be given."""

    parser: Parser
    section: str | None = None
    exclusive: Exclusive | None = None


class Argparse:
    """Notes what a source has argparse do."""

    def __init__(self) -> None:
        self.parsers: list[Parser] = []
        self.parsed: list[Parser] = []
        self.uncertain: Sequence[str] = ()
        self._added = 0

    def called(self, path: str, call: MadeCall) -> object:
        """What a call of something outside of the file gives; NotPlain where it is not argparse's.

        Exhausted where its parents bring too many arguments.
        """
        if path == _PARSER:
            return self._parser(call)
        if path == "super":
            return _SUPER
        if path == "argparse.FileType":
            mode = call.option("mode", 0, "r")
            return OpenedFile(mode if isinstance(mode, str) else None)
        for parser in self._given(call):
            if path not in _HARMLESS:
                parser.foreign.append((call.line, path))
        raise NotPlain

    def derived(self, of: Class, call: MadeCall) -> object:
        """The parser that a class of the file makes; NotPlain where it derives from none.

        Exhausted where its parents bring too many arguments.
        """
        if not of.derives_from(_PARSER):
            raise NotPlain
        return self._parser(call)

    def held(self, owner: object, name: str) -> object:
        """What an attribute of a parser or a group is; NotPlain where the owner is neither."""
        match owner, name:
            case Parser(), "_optionals" | "_positionals":
                return ParserGroup(owner)
            case ((Parser() | ParserGroup() | Subparsers()), _):
                return Bound(owner, name)
            case Bound(owner=Parser(), name="_action_groups" | "_mutually_exclusive_groups"), _:
                return Bound(owner, name)
            case External(path="super()"), _:
                return External(f"super().{name}")
            case _:
                raise NotPlain

    def asked(self, owner: object, name: str, call: MadeCall) -> object:
        """What a method of a parser or a group gives; NotPlain where the owner is neither.

        Finished where it is the one that reads the command line, Exhausted where there are too many arguments.
        """
        match owner, name:
            case Bound(owner=Parser() as parser), _:
                return ParserGroup(parser)
            case Parser(), "parse_args" | "parse_intermixed_args":
                if not isinstance(call.option("args", 0), list | tuple):
                    owner.is_intermixed = "intermixed" in name
                    self.parsed.append(owner)
                    raise Finished
                return Unknown(call.line, "")
            case Parser(), _ if name in _PARSING:
                self.parsed.append(owner)
                return [Unknown(call.line, ""), Unknown(call.line, "")]
            case Parser(), "set_defaults":
                owner.defaults |= call.options
                return None
            case Parser(), "get_default":
                return owner.defaults.get(str(call.option("dest", 0)), Unknown(call.line, ""))
            case Parser(), "add_subparsers":
                owner.subparsers = Subparsers(owner)
                return owner.subparsers
            case Subparsers(), "add_parser":
                return self._subparser(owner, call)
            case ((Parser() | ParserGroup()), _):
                return self._grouped(owner if isinstance(owner, ParserGroup) else ParserGroup(owner), name, call)
            case _:
                raise NotPlain

    def _parser(self, call: MadeCall) -> Parser:
        made = Parser(call=call, doubts=len(self.uncertain))
        parents = call.option("parents", default=())
        for parent in expressions.items(parents) or (parents,):
            if isinstance(parent, Unknown | External):
                made.foreign.append((call.line, "parents"))
            if isinstance(parent, Parser):
                parent.is_parent = True
                self._count(len(parent.added) + len(parent.foreign) + len(parent.defaults))
                made.added += parent.added
                made.defaults |= parent.defaults
                made.foreign += parent.foreign
        self.parsers.append(made)
        return made

    def _subparser(self, owner: Subparsers, call: MadeCall) -> Parser:
        made = self._parser(replace(call, arguments=()))
        made.is_parent = True
        summary = call.option("help")
        owner.choices.append(Subparser(call.option("name", 0), made, summary, call.line))
        return made

    def _grouped(self, owner: ParserGroup, name: str, call: MadeCall) -> object:
        match name:
            case "add_argument":
                self._count()
                parser, doubt = owner.parser, self._uncertain(owner.parser)
                parser.added.append(Added(call=call, section=owner.section, exclusive=owner.exclusive, uncertain=doubt))
                return Unknown(call.line, "")
            case "add_argument_group":
                title = call.option("title", 0)
                return ParserGroup(owner.parser, title if isinstance(title, str) else owner.section, owner.exclusive)
            case "add_mutually_exclusive_group":
                is_required = call.option("required") is True
                return ParserGroup(owner.parser, owner.section, Exclusive(is_required))
            case _:
                raise NotPlain

    def _count(self, more: int = 1) -> None:
        self._added += more
        if self._added > _MOST_ADDED:
            raise Exhausted

    def _uncertain(self, parser: Parser) -> str | None:
        """Why an argument may not be added though the parser is made."""
        return self.uncertain[-1] if len(self.uncertain) > parser.doubts else None

    def _given(self, call: MadeCall) -> Iterator[Parser]:
        given: Mapping[str, object] = call.options
        for value in (*call.arguments, *given.values()):
            match value:
                case Parser():
                    yield value
                case ParserGroup(parser=parser) | Subparsers(of=parser):
                    yield parser
                case _:
                    pass
