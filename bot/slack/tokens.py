"""What can be said of Slack's tokens: by how they begin, and by what Slack answers to them."""

import re
from http.client import HTTPException

from slack_sdk.errors import SlackApiError, SlackClientError

from runner.errors import ConfigError
from runner.settings import Secrets
from runner.system.text import visible

UNREACHABLE = (SlackClientError, HTTPException, OSError, ValueError, LookupError)
"""What slack_sdk raises where no answer of Slack's comes; the last two where what comes is no JSON."""

_KINDS = {"xoxb-": "a bot's token", "xapp-": "an app-level token", "xoxp-": "a person's token"}
_BOT, _APP = "xoxb-", "xapp-"
_NEW_TOKENS = {
    _BOT: "copy it from OAuth & Permissions at api.slack.com/apps",
    _APP: "make one under Basic Information, App-Level Tokens, at api.slack.com/apps",
}
_CODE = re.compile(r"[a-z_]+")
_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)


def check_tokens(secrets: Secrets) -> None:
    """ConfigError with all that is wrong with the kinds of the tokens, a line for each."""
    problems = misplaced(secrets)
    if problems:
        raise ConfigError("\n".join(f"{variable} {problem}." for variable, problem in problems.items()))


def misplaced(secrets: Secrets) -> dict[str, str]:
    """What is wrong with the kind of a token, by its variable; no token is shown."""
    bot, app = _kind(secrets.slack_bot_token), _kind(secrets.slack_app_token)
    are_swapped = (bot, app) == (_APP, _BOT)
    problems = {}
    for variable, other, found, right in (
        ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", bot, _BOT),
        ("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", app, _APP),
    ):
        if found not in (None, right):
            remedy = f"it is swapped with {other}" if are_swapped else _NEW_TOKENS[right]
            problems[variable] = f"holds {_KINDS[found]} ({found}…) where {_KINDS[right]} ({right}…) belongs: {remedy}"
    return problems


def refusal(variable: str, error: SlackApiError) -> str:
    """What is wrong with the token in that variable, from Slack's own answer."""
    code = visible(str(error.response.get("error")))
    if code == "missing_scope":
        return f"{variable} lacks the scope {visible(str(error.response.get('needed')))}"
    return f"Slack refuses {variable}: {code}"


def may_get_better(error: SlackApiError) -> bool:
    """Whether the same call may do later: Slack is in trouble or asks to wait, and says nothing against the token."""
    status, code = int(error.response.status_code), str(error.response.get("error"))
    is_slacks_word = _CODE.fullmatch(code) is not None  # slack_sdk 3.47 puts its own there where it finds no JSON
    return status == 429 or status >= 500 or code in _PASSING or not is_slacks_word


def _kind(token: str | None) -> str | None:
    """How a token begins, where we know what that means."""
    return next((kind for kind in _KINDS if token and token.startswith(kind)), None)
