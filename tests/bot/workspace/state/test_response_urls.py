"""Response URLs are good for half an hour, and never pile up."""

import pytest

from bot.workspace.errors import RefusedError
from bot.workspace.state.conversations import Conversation
from bot.workspace.state.response_urls import ResponseUrl, ResponseUrls

WHERE = Conversation(id="C1", name="general")


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_url_is_refused_after_half_an_hour() -> None:
    now = [0.0]
    urls = ResponseUrls(lambda: now[0])
    url = urls.give("http://here", ResponseUrl(conversation=WHERE, person_id="U1"))
    now[0] = 1799.0
    assert urls.use(token(url)).uses == 1
    now[0] = 1801.0

    with pytest.raises(RefusedError, match="expired_url"):
        urls.use(token(url))


def test_of_a_hundred_thousand_urls_the_newest_ten_thousand_are_known() -> None:
    urls = ResponseUrls(lambda: 0.0)

    given = [urls.give("", ResponseUrl(conversation=WHERE, person_id=f"U{number}")) for number in range(100_000)]

    assert urls.use(token(given[-10_000])).person_id == "U90000"
    with pytest.raises(RefusedError, match="expired_url"):
        urls.use(token(given[-10_001]))
