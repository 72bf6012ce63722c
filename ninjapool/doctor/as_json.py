"""A diagnosis for programs: everything, in English, bytes and seconds. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ninjapool.doctor.headline import headline
from ninjapool.doctor.messages import Catalogue

if TYPE_CHECKING:
    from ninjapool.doctor.advice import Advice
    from ninjapool.doctor.diagnosis import Diagnosis
    from ninjapool.doctor.findings import Around


def as_json(found: Diagnosis, advice: Advice, around: Around) -> str:
    """`null` for what is not known."""
    english = Catalogue().render
    document = {
        "schema": 1,
        "memory": found.is_memory,
        "headline": english(headline(found)),
        **asdict(found),
        "now": [english(message).strip() for message in advice.now],
        "more": [{"what": english(one.what), "source": one.source} for one in advice.more],
        "not_read": [asdict(closed) for closed in around.closed],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
