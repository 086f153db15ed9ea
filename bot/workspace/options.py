"""What can be said about the stand-in on the command line, and what holds otherwise.

It imports nothing that takes memory: every command of the command line reads it.
"""

import argparse
from pathlib import Path

CONNECTION_SECONDS = 3600.0
EVENT_RETRY_SECONDS = (0.0, 60.0, 300.0)
FILE_BYTES_MAX = 100_000_000
MORE_PEOPLE_MAX = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said about the workspace."""
    add = parser.add_argument
    add("--manifest", type=Path, default=Path("manifest.yml"), metavar="FILE", help="the app's manifest (%(default)s)")
    add("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    add("--port", type=int, default=8065, help="the port; 0 takes a free one (%(default)s)")
    add("--request-url", metavar="URL", help="HTTP mode: where the app takes signed requests; else it is Socket Mode")
    add("--state", type=Path, metavar="FILE", help="keep messages, Home tabs and files here; else they go at the end")
    add("--reset", action="store_true", help="forget what is kept in the state file, and begin anew")
    add("--more-people", type=int, default=0, metavar="N", help="how many members there are besides those made up")
    add("--enterprise", action="store_true", help="be a workspace of an Enterprise Grid, with its ids")
    add("--rate-limits", action="store_true", help="refuse calls beyond Slack's rate limits")
    add("--file-bytes-max", type=int, default=FILE_BYTES_MAX, metavar="N", help="bytes of one file (%(default)s)")
    add(
        "--event-retry-seconds",
        type=float,
        nargs=3,
        default=EVENT_RETRY_SECONDS,
        metavar="S",
        help="after how long an event that was not acknowledged is sent again (0, 60 and 300)",
    )
    add(
        "--connection-seconds",
        type=float,
        default=CONNECTION_SECONDS,
        metavar="S",
        help="how long a Socket Mode connection lives (%(default)s)",
    )
