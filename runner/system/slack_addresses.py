"""Where in the net Slack is, and how its addresses are opened."""

from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

from slack_sdk import WebClient

_SLACK = ".slack.com"


def is_of_slack(client: WebClient, url: str) -> bool:
    """Whether an address is Slack's, or that of what stands in its place."""
    place, ours = urlsplit(url), urlsplit(client.base_url)
    is_slack = place.scheme == "https" and (place.hostname or "").endswith(_SLACK)
    return is_slack or (place.scheme, place.netloc) == (ours.scheme, ours.netloc)


def opener(client: WebClient) -> OpenerDirector:
    """Opens addresses of Slack's, by the client's proxy. It follows no redirects: one would lead elsewhere."""
    proxies = {"http": client.proxy, "https": client.proxy} if client.proxy else {}
    found = OpenerDirector()
    for part in (ProxyHandler(proxies), HTTPHandler(), HTTPSHandler(), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        found.add_handler(part)
    return found
