"""``/jobs stats SCRIPT``: figures at once, and a picture of them as a direct message once it is drawn."""

import logging
import os
import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.listeners.context import ListenerContext, in_words
from bot.slack.interaction import Interaction
from bot.slack.tokens import UNREACHABLE
from bot.views.charts import script_stats
from runner.errors import ScriptRunnerError
from runner.jobs import Requester
from runner.messages.blocks import bullets, rich, section
from runner.system.clock import time_zone
from runner.system.text import slack_text, visible
from runner.system.threads import run_aside

_log = logging.getLogger(__name__)
_AT_ONCE = 2
_PATIENCE = timedelta(minutes=1)
_INHERITED = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH"})


class ScriptStats:
    """Answers with the figures, and has pictures drawn and sent in threads of their own, a few at once."""

    def __init__(self, context: ListenerContext, *, patience: timedelta = _PATIENCE) -> None:
        self._context = context
        self._patience = patience
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    def show(self, interaction: Interaction, person: Requester, name: str) -> None:
        """Show how a script ran. UnknownScript with the nearest, ScriptRunnerError where none is named."""
        if not name.strip():
            raise ScriptRunnerError("Say which script, such as “/jobs stats word_count”.")
        script = self._context.service.scripts.find(person, name)
        history = self._context.service.history(person, script)
        reader = self._context.reader(person)
        lines = script_stats.lines(history, reader)
        if history.runs:
            zone = str(time_zone(person.time_zone))
            file_name = f"{Path(script.name).stem or 'script'}-runs.png"
            alt_text = script_stats.alt_text(history, reader)
            order = partial(self._send, interaction, script_stats.drawn(history, zone), file_name, lines[0], alt_text)
            lines = [*lines, self._begin(order)]
        first, *rest = lines
        interaction.answer(
            "\n".join(lines),
            [rich(section(first, bold=True)), *([rich(bullets(map(section, rest)))] if rest else [])],
        )

    def _begin(self, order: partial[None]) -> str:
        if not self._places.acquire(blocking=False):
            return "No picture now: others are being drawn. Ask again in a minute."
        run_aside(order, name="draw chart")
        return "A picture of this is on its way: it comes as a direct message."

    def _send(self, interaction: Interaction, order: str, name: str, comment: str, alt_text: str) -> None:
        try:
            send_picture(interaction, draw(order, patience=self._patience), name, comment, alt_text)
        except Exception as error:  # noqa: BLE001  # told and logged like that of a listener
            interaction.write(f"The picture cannot be shown: {in_words(error)}")
        finally:
            self._places.release()


def draw(order: str, *, patience: timedelta) -> bytes:
    """The picture, as PNG, drawn by a process of its own; ScriptRunnerError where that takes too long or fails."""
    environment = {name: value for name, value in os.environ.items() if name in _INHERITED}
    try:
        drawn = subprocess.run(
            [sys.executable, "-P", "-X", "utf8", script_stats.DRAWING],
            input=order.encode(),
            capture_output=True,
            env=environment | {"MPLBACKEND": "agg"},
            timeout=patience.total_seconds(),
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ScriptRunnerError("it took too long to draw.") from error
    except subprocess.CalledProcessError as error:
        why = error.stderr.decode(errors="replace")[-2000:]
        _log.error("a chart could not be drawn: %s", why)  # the trace is the other process's
        raise ScriptRunnerError("it could not be drawn; the log says why.") from error
    return drawn.stdout


def send_picture(interaction: Interaction, png: bytes, name: str, comment: str, alt_text: str) -> None:
    """Send a picture to whoever did this; ScriptRunnerError where Slack takes none.

    https://docs.slack.dev/messaging/working-with-files (files:write).
    """
    client = interaction.client
    try:
        conversation = client.conversations_open(users=interaction.user_id)["channel"]["id"]
        client.files_upload_v2(
            channel=conversation,
            content=png,
            filename=name,
            title=comment,
            alt_txt=alt_text,
            initial_comment=slack_text(comment),
        )
    except SlackApiError as error:
        said = " ".join(visible(str(error.response.get(key) or "")) for key in ("error", "needed"))
        raise ScriptRunnerError(f"Slack takes no file now: {said.strip()}.") from error
    except (SlackClientError, *UNREACHABLE) as error:
        raise ScriptRunnerError("Slack cannot be reached.") from error
