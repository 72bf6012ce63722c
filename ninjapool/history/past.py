"""Finds what is known of an edge: its own past, else that of the same source. Pure.

Does not say what is to be expected of it: only whose past it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ninjapool.history.entry import Entry, Key
    from ninjapool.model import JobClass

Nearness = Literal["own", "twin", "kin"]
"""own: this output under these flags; twin: the source for another output under these flags;
kin: the output or the source under other flags, or by another compiler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whose past it is."""

    entry: Entry
    nearness: Nearness


class Past:
    """All edges of a source tree, as they were when the build began."""

    def __init__(self, entries: Mapping[tuple[str, str], Entry]) -> None:
        self._by_key = dict(entries)
        self._by_output: dict[str, list[Entry]] = {}
        self._by_source: dict[str, list[Entry]] = {}
        for entry in entries.values():
            self._by_output.setdefault(entry.output, []).append(entry)
            if entry.source:
                self._by_source.setdefault(entry.source, []).append(entry)

    def __len__(self) -> int:
        return len(self._by_key)

    def outputs(self) -> set[str]:
        return set(self._by_output)

    def latest(self) -> dict[str, Entry]:
        """By output, under the flags with which it was built last, on this machine."""
        return self._latest(lambda entry: entry.job_class != "remote")

    def sent(self) -> dict[str, Entry]:
        """By output, what its stub took when it was last compiled elsewhere."""
        return self._latest(lambda entry: entry.job_class == "remote")

    def _latest(self, fits: Callable[[Entry], bool]) -> dict[str, Entry]:
        found = ((output, filter(fits, each)) for output, each in self._by_output.items())
        last = ((o, max(each, key=lambda entry: entry.at, default=None)) for o, each in found)
        return {output: entry for output, entry in last if entry is not None}

    def find(self, key: Key, job_class: JobClass, source: str, compiler: str) -> Found | None:
        """Another release of the compiler makes of an own past that of a kin."""
        found = self._nearest(key.output, key.variant, job_class, source)
        if found is None or found.entry.compiler == compiler:
            return found
        return Found(entry=found.entry, nearness="kin") if found.entry.peak is not None else None

    def _nearest(self, output: str, variant: str, job_class: JobClass, source: str) -> Found | None:
        own = self._by_key.get((output, variant))
        if own is not None:
            return Found(entry=own, nearness="own")
        same = [one for one in self._by_source.get(source, ()) if one.job_class == job_class]
        twin = _newest([one for one in same if one.variant == variant])
        if twin is not None:
            return Found(entry=twin, nearness="twin")
        kin = [one for one in self._by_output.get(output, ()) if one.job_class == job_class]
        found = _newest(kin) or _newest(same)
        return Found(entry=found, nearness="kin") if found is not None else None


def _newest(entries: list[Entry]) -> Entry | None:
    """Of those whose memory was seen."""
    seen = [entry for entry in entries if entry.peak is not None]
    return max(seen, key=lambda entry: entry.at, default=None)
