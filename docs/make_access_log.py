"""Makes etc/inbox/web-access.log: `python docs/make_access_log.py > etc/inbox/web-access.log`.

No request in it was ever made. The addresses are those that RFC 5737 and RFC 3849 keep for documentation, the names are
made up, and the same lines come out each time: a test compares them with the file.
"""

import random
import sys
from datetime import UTC, datetime, timedelta

_BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_HOURS = 48
_VISITORS = [f"192.0.2.{number}" for number in range(10, 30)] + [f"198.51.100.{number}" for number in range(3, 9)]
_VISITORS += ["2001:db8::1f", "2001:db8:0:7::a2"]
_SCANNER = "203.0.113.99"
_USERS = {"198.51.100.3": "maria", "198.51.100.4": "tom", "2001:db8::1f": "yuki"}
_PAGES = ["/", "/", "/prices", "/prices?month=3", "/contact", "/docs/", "/docs/start.html", "/style.css", "/logo.svg"]
_INSIDE = ["/reports/", "/reports/2026-02.pdf", "/reports/2026-03.pdf", "/api/orders", "/api/orders?open=1"]
_PROBES = ["/wp-login.php", "/.env", "/admin/config.php", "/cgi-bin/test", "/phpmyadmin/", '/x"><script>']
_BROWSERS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "curl/8.8.0",
]


def main() -> None:
    """Print the log: calm nights, busy days, and somebody who looks for open doors in the first night."""
    dice = random.Random(20260302)  # noqa: S311  # the same log each time
    moments = [hour * 3600 + dice.random() * 3600 for hour in range(_HOURS) for _ in range(_requests(dice, hour))]
    probed = [19 * 3600 + 1800 + 7 * number for number in range(30)]
    lines = [(moment, _visit(dice, moment)) for moment in sorted(moments)]
    lines += [(moment, _probe(dice, moment)) for moment in probed]
    sys.stdout.writelines(f"{line}\n" for _, line in sorted(lines))


def _requests(dice: random.Random, hour: int) -> int:
    return dice.randint(6, 14) if 7 <= (6 + hour) % 24 < 19 else dice.randint(0, 3)


def _visit(dice: random.Random, moment: float) -> str:
    address = dice.choice(_VISITORS)
    user = _USERS.get(address, "-") if dice.random() < 0.7 else "-"
    path = dice.choice(_INSIDE if user != "-" else _PAGES)
    method = "POST" if path == "/api/orders" and dice.random() < 0.5 else "GET"
    status = 500 if path.startswith("/api") and dice.random() < 0.3 else dice.choice([200, 200, 200, 200, 304])
    size = "-" if status == 304 else str(dice.randint(300, 90_000))
    agent = dice.choice(_BROWSERS)
    return _line(address, user, moment, f"{method} {path} HTTP/1.1", status=status, size=size, agent=agent)


def _probe(dice: random.Random, moment: float) -> str:
    path = dice.choice(_PROBES)
    status = 403 if path == "/.env" else 404
    request = f"GET {path} HTTP/1.0".replace('"', '\\"')
    return _line(_SCANNER, "-", moment, request, status=status, size="153", agent="-")


def _line(  # noqa: PLR0913  # the fields of a line, in their order
    address: str, user: str, moment: float, request: str, *, status: int, size: str, agent: str
) -> str:
    when = (_BEGIN + timedelta(seconds=int(moment))).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - {user} [{when}] "{request}" {status} {size} "-" "{agent}"'


if __name__ == "__main__":
    main()
