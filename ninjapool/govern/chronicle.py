"""Between the jobs of a build and the history: who a job is, what is known of it, what it took.

Looks at the commands of jobs, and at the files that they read and write. Does not know SQLite.
"""

from __future__ import annotations

import math
import os
import posixpath
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.govern import learned
from ninjapool.govern.identify import program, shell_text
from ninjapool.govern.remains import has_written
from ninjapool.history.entry import Key, Seen, believed, killed
from ninjapool.history.past import Past
from ninjapool.history.signature import signature
from ninjapool.project.compiler import family_of
from ninjapool.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ninjapool.forecast import Prior
    from ninjapool.govern.contract import Kill
    from ninjapool.govern.learned import Now
    from ninjapool.govern.watched import Watched
    from ninjapool.history.book import Book
    from ninjapool.history.past import Found
    from ninjapool.history.signature import Roots
    from ninjapool.model import Forecast, JobClass

CACHES = ("ccache", "sccache")
ANSWERED = 12 * MIB, 0.3
"""A compile behind a cache that took less, in bytes and seconds, was none."""
_READ = (".o", ".a", ".so", ".obj", ".lib", ".rlib", ".bc")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    """A job that is alive, or was."""

    key: Key
    job_class: JobClass
    source: str
    compiler: str
    now: Now
    cached: bool
    found: Found | None
    forecast: Forecast | None


class Chronicle:
    """Of one source tree, over one build."""

    def __init__(self, book: Book, roots: Roots, clock: Callable[[], int]) -> None:
        """`clock`: seconds since 1970."""
        self._book, self._roots, self._clock = book, roots, clock
        self.past = Past(book.entries)
        self._priors: Mapping[JobClass, Prior] = {}
        self._met: dict[str, _Met] = {}
        self._tools: dict[str, tuple[str, str]] = {}
        links = [one for one in book.entries.values() if one.job_class == "link"]
        self._link_slope = learned.link_law(links).slope

    def open(self) -> None:
        """Before the first job: to make a file takes the disk's time."""
        self._book.open()

    def priors(self, given: Mapping[JobClass, Prior]) -> Mapping[JobClass, Prior]:
        """Those of this project's own jobs, where there are enough; else the given ones."""
        self._priors, _ = learned.priors(self._book.entries.values(), given)
        return self._priors

    # ------------------------------------------------------------ what is asked

    def forecast(self, key: str) -> Forecast | None:
        """By its own past."""
        met = self._met.get(key)
        return met.forecast if met is not None else None

    def kin(self, key: str) -> tuple[int, float] | None:
        """Peak and seconds under other flags, or by another compiler."""
        met = self._met.get(key)
        found = met.found if met is not None else None
        if met is None or found is None or found.nearness != "kin" or not found.entry.peak:
            return None
        grown = learned.growth(self._slope(met.job_class), found.entry.size, met.now.size)
        return round(found.entry.peak * math.exp(grown)), found.entry.seconds

    def _slope(self, job_class: JobClass) -> float:
        """How a job's ln(peak) goes with the ln of the bytes that it reads."""
        return self._link_slope if job_class == "link" else 0.0

    # ------------------------------------------------------------ what is seen

    def begin(self, job: Watched) -> None:
        """Looks it up, and forgets its words: a build has megabytes of them."""
        text, job.words = shell_text(job.words), ()
        identity = job.identity
        if identity.job_class == "link":
            job.source_size = self._size_of_inputs(text)
        family, compiler = self._tool(program(text) or "")
        signed = signature(text, self._roots, family)
        # Here and elsewhere the same command takes two different things.
        place = " remote" if identity.job_class == "remote" else ""
        key = Key(identity.key, signed.variant + place)
        source = self._roots.relative(identity.source) if identity.source else ""
        now = learned.Now(command=signed.command, size=job.source_size)
        found = self.past.find(key, identity.job_class, source, compiler)
        self._met[identity.key] = _Met(
            key=key,
            job_class=identity.job_class,
            source=source,
            compiler=compiler,
            now=now,
            cached=compiler.startswith(CACHES) or any(name in text[:200] for name in CACHES),
            found=found,
            forecast=self._forecast(found, now, identity.job_class),
        )

    def forget(self, job: Watched) -> None:
        """It has become another job than it was taken for: neither forecast nor written down."""
        self._met.pop(job.identity.key, None)

    def _forecast(self, found: Found | None, now: Now, job_class: JobClass) -> Forecast | None:
        if found is None:
            return None
        prior = self._priors.get(job_class)
        return learned.forecast(found, now, self._slope(job_class), prior)

    def end(self, job: Watched, forecast: Forecast, now: float, *, complete: bool) -> None:
        """It ended, as far as can be seen well; `complete`: its peak was seen."""
        met = self._met.get(job.identity.key)
        if met is None or met.job_class != job.identity.job_class or has_written(job) is False:
            return
        seconds = job.progress(now)
        seen = self._seen(met, job.peak if complete else None, seconds, forecast)
        old = self._book.entries.get(met.key)
        if met.cached and _is_from_cache(seen, old.peak if old else None):
            return
        self._met.pop(job.identity.key)
        if complete:
            unseen = max(0.0, 1 - job.trail.last / max(seconds, 0.01))
            seen = replace(seen, curve=job.trail.curve(seconds, job.peak), unseen=unseen)
        self._book.note(believed(old, seen))
        self._book.write_if_due(now)

    def close(self, kills: Iterable[Kill] = ()) -> None:
        """All is over: what was killed is known to need more."""
        for kill in kills:
            met = self._met.get(kill.key)
            old = self._book.entries.get(met.key) if met else None
            if met is not None and kill.fate != "retried":
                self._book.note(killed(old, self._seen(met, kill.peak, 0.0, None)))
        self._book.close()

    def _seen(self, met: _Met, peak: int | None, seconds: float, forecast: Forecast | None) -> Seen:
        return Seen(
            key=met.key,
            job_class=met.job_class,
            source=met.source,
            command=met.now.command,
            compiler=met.compiler,
            size=met.now.size,
            peak=peak,
            seconds=round(seconds, 3),
            curve=None,
            expected=forecast.peak if forecast else None,
            doubt=round(forecast.peak_spread, 3) if forecast else None,
            basis=forecast.source if forecast else "",
            at=self._clock(),
        )

    # ------------------------------------------------------------ what it runs and reads

    def _tool(self, word: str) -> tuple[str, str]:
        """Family and identity of a program: its real name, and a compiler's size.

        Each release changes that, and to ask for a version would start a process while jobs are
        being born. A generator that the build makes itself is another one each time.
        """
        if word not in self._tools:
            path = os.path.realpath(shutil.which(word) or word)
            name = posixpath.basename(path)
            family = family_of(name) or family_of(word)
            identity = f"{name} {_size(path)}" if family else name
            self._tools[word] = family or name, identity
        return self._tools[word]

    def _size_of_inputs(self, text: str) -> int | None:
        sizes = (_size(posixpath.join(self._roots.build, word)) for word in self._inputs(text))
        return sum(sizes) or None

    def _inputs(self, text: str) -> list[str]:
        """The objects and libraries that a command names, or a file that it names with @."""
        words = text.split()
        for word in [word for word in words if word.startswith("@")]:
            words += _text(posixpath.join(self._roots.build, word[1:])).split()
        return list(dict.fromkeys(word for word in words if word.endswith(_READ)))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return ""


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - thousands for one link
    except OSError:
        return 0


def _is_from_cache(seen: Seen, before: int | None) -> bool:
    bytes_, seconds = ANSWERED
    if seen.peak is None or before is None:
        return (seen.peak or 0) < bytes_ and seen.seconds < seconds
    return seen.peak < before // 2 and seen.seconds < seconds
