"""Moments as a user writes them: `2h`, `yesterday`, `2026-11-26 10:30`. Pure: told what now is."""

from __future__ import annotations

import re
from datetime import datetime

from ninjapool.errors import UsageError

_AGO = re.compile(r"(\d{1,6}) ?(s|m|min|h|d|w)(?: ago)?")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAYS = {"today": 0, "yesterday": 1}


def parse_since(text: str, now: float) -> float:
    """Seconds since 1970; what has no zone is local time."""
    wish = text.strip()
    if match := _AGO.fullmatch(wish):
        return now - int(match[1]) * _SECONDS[match[2]]
    if wish in _DAYS:
        morning = datetime.fromtimestamp(now).astimezone().replace(hour=0, minute=0, second=0)
        return morning.timestamp() - _DAYS[wish] * _SECONDS["d"]
    try:
        return datetime.fromisoformat(wish).astimezone().timestamp()
    except (ValueError, OverflowError) as error:
        hint = "2h, 3d, yesterday, 2026-11-26 or '2026-11-26 10:30'"
        raise UsageError(f"--since {text}: not a moment", hint=hint) from error
