"""The commands of those who write scripts: `scriptrunner check` and `scriptrunner new`."""

import argparse
import sys
from pathlib import Path

from bot.app.config import BotConfig
from bot.cli import terminal
from runner.app.config import load
from runner.app.ownership import check_folder_owner
from runner.errors import ConfigError
from runner.scripts.annotations import AnnotationSettings
from runner.scripts.authoring import explain, template
from runner.scripts.authoring.check import notes, report
from runner.scripts.exposure import Writers
from runner.system.text import visible, visible_lines


def add_arguments_of_check(parser: argparse.ArgumentParser) -> None:
    """What `scriptrunner check` takes."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: the scripts folder)"
    )
    parser.add_argument("--explain", action="store_true", help="show how each script was understood")


def add_arguments_of_new(parser: argparse.ArgumentParser) -> None:
    """What `scriptrunner new` takes."""
    parser.add_argument(
        "name", metavar="NAME", help="its name below the scripts folder, such as text/count.py; or a path, ./count.py"
    )
    parser.add_argument(
        "--language", choices=list(template.LANGUAGES), help="what it is written in (default: by the extension)"
    )


def check(options: argparse.Namespace) -> int:
    """Report what is wrong with scripts; 1 where anything is."""
    config = _config(options.config, is_needed=not options.paths, mend="name the files or folders to check")
    settings = AnnotationSettings() if config is None else config.annotations
    paths = options.paths or ([config.scripts] if config else [])
    if options.explain:
        return _explain(paths, settings, scripts=None if config is None else config.scripts)
    refused = Writers.OTHERS if config is None else config.refuse_scripts_writable_by
    problems = report(paths, settings, refused=refused)
    terminal.say(problems)
    terminal.say([f"note: {note}" for note in notes(paths, settings, refused=refused)])
    number = len(problems)
    print(f"{number} problem{'' if number == 1 else 's'}" if problems else "no problems", file=sys.stderr)
    return 1 if problems else 0


def new(options: argparse.Namespace) -> int:
    """Write a starting script and say what comes next."""
    is_path = template.is_path(options.name)
    config = _config(options.config, is_needed=not is_path, mend="give a path, such as ./NAME")
    settings = AnnotationSettings() if config is None else config.annotations
    folder = Path() if is_path or config is None else config.scripts
    check_folder_owner((folder / options.name).parent)
    path = template.write(
        options.name,
        folder=folder,
        language=options.language,
        marker=settings.marker,
    )
    terminal.say([f"{visible(str(path))} is written; scriptrunner check --explain tells how it is understood"])
    return 0


def _explain(paths: list[Path], settings: AnnotationSettings, *, scripts: Path | None) -> int:
    is_wrong = False
    for number, (told, is_good) in enumerate(explain.report(paths, settings, scripts=scripts)):
        terminal.say([""] * bool(number) + told)
        is_wrong = is_wrong or not is_good
    return 1 if is_wrong else 0


def _config(named: Path | None, *, is_needed: bool, mend: str) -> BotConfig | None:
    """The settings; whoever writes scripts may not be allowed to read those of the machine, and may do without."""
    path = terminal.settings_file(named)
    if path is None:
        if is_needed:
            raise terminal.no_settings(f"{mend}, or the settings with --config")
        return None
    try:
        return load(path, BotConfig)
    except ConfigError as error:
        if named or is_needed:
            raise
        print(f"{visible_lines(str(error))}\nthe settings for annotations are taken as their defaults", file=sys.stderr)
        return None
