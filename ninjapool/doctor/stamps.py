"""When a line was logged: the forms of dmesg, journalctl, syslog, /dev/kmsg and CI services.

Syslog writes no year, so the year in which it is read is an argument; a time in the future of
`now` was the year before.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from ninjapool.doctor.findings import Stamp

_LOOKED_AT = 120
"""Characters: a stamp stands at the beginning."""
_DAY = 86400.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_UPTIME = re.compile(r"\[ *(\d{1,9}\.\d{6})\]|\"time\": ?(\d{1,9}\.\d{1,9})")
_KMSG = re.compile(r"^\d{1,4},\d{1,19},(\d{1,18}),")
_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?")
_SYSLOG = re.compile(r"\b([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d)(?: (\d{4})\])?")


def stamp(line: str, now: float) -> Stamp:
    """Both times where both are there; uptime is the better one, as syslog may write late."""
    head = line[:_LOOKED_AT]
    return Stamp(uptime=_uptime(head), wall=_wall(head, now))


def _uptime(head: str) -> float | None:
    if match := _UPTIME.search(head):
        return float(match[1] or match[2])
    if match := _KMSG.match(head):
        return int(match[1]) / 1e6
    return None


def _wall(head: str, now: float) -> float | None:
    try:
        if match := _ISO.search(head):
            return _iso(match[1], match[2], match[3])
        if (match := _SYSLOG.search(head)) and match[1] in _MONTHS:
            return _syslog(match, now)
    except (ValueError, OverflowError, OSError):  # the 31st of February, the year 9999
        return None
    return None


def _iso(day: str, hour: str, zone: str | None) -> float:
    """Local time where no zone is given."""
    offset = "" if zone is None else "+00:00" if zone == "Z" else f"{zone[:3]}:{zone[-2:]}"
    return datetime.fromisoformat(f"{day}T{hour}{offset}").timestamp()


def _syslog(match: re.Match[str], now: float) -> float:
    this_year = datetime.fromtimestamp(now, timezone.utc).year
    year = int(match[4]) if match[4] else this_year
    hour, minute, second = map(int, match[3].split(":"))
    when = datetime(year, _MONTHS.index(match[1]) + 1, int(match[2]), hour, minute, second)  # noqa: DTZ001  # local time, as syslog means it
    if match[4] is None and when.timestamp() > now + _DAY:
        when = when.replace(year=year - 1)
    return when.timestamp()
