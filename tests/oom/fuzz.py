"""Any bytes at all, for hours: python -m tests.oom.fuzz CORPUS -max_total_time=3600

Needs atheris, which is no dependency of the tests; they do the same for seconds, with hypothesis.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module

from ninjapool.doctor import layout
from ninjapool.doctor.advice import advise
from ninjapool.doctor.as_json import as_json
from ninjapool.doctor.diagnosis import diagnose
from ninjapool.doctor.findings import Around
from ninjapool.doctor.headline import headline
from ninjapool.doctor.messages import Catalogue
from ninjapool.doctor.ninjalog import ran_at_once
from ninjapool.doctor.scan import Scanner
from ninjapool.doctor.tell import sections

NOW = 1_795_600_000.0


def look(data: bytes, piece: int = 1 << 20) -> str:
    """The whole way from bytes to a page; whatever they are, the page can be printed."""
    scanner = Scanner("log", NOW)
    for at in range(0, len(data), piece):
        scanner.feed(data[at : at + piece])
    around = Around(now=NOW, booted=NOW - 1e6, own=(scanner.finish(),))
    scanner = Scanner("log", NOW)
    scanner.feed(data)
    found = diagnose([scanner.finish()], around)
    advice = advise(found, around)
    page = layout.render(headline(found), sections(found, advice, around), Catalogue())
    assert all(line.isprintable() for line in page.split("\n")), page
    json.loads(as_json(found, advice, around))
    return page


def one(data: bytes) -> None:
    look(data, piece=1 + len(data) % 97)
    ran_at_once(data.split(b"\n"))


if __name__ == "__main__":
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["ninjapool"]):
        pass
    atheris.instrument_all()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
