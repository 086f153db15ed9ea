"""Starts the stand-in workspace: `python -m bot.workspace --manifest FILE`, with tokens from the environment."""

import argparse
import os
import sys

from bot.workspace.errors import ManifestError, StateError
from bot.workspace.options import add_arguments
from bot.workspace.server import serving


def main() -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.workspace", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args()
    try:
        settings = serving.settings(options, os.environ)
        serving.serve(settings, options, lambda url: _announce(settings.page_address(url)))
    except (ManifestError, StateError, ValueError) as error:
        print(f"workspace: {error}", file=sys.stderr)  # noqa: T201 - for the person in the terminal
        return os.EX_CONFIG  # who keeps it running need not try again
    return 0


def _announce(url: str) -> None:
    print(f"workspace {url}", flush=True)  # noqa: T201 - whoever started it reads this line


if __name__ == "__main__":
    sys.exit(main())
