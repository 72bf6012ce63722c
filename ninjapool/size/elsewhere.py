"""What a compile takes of this machine when it is done on another: a stub, and a preprocessor.

Its figures are a profile's; how many go at once, the distributed compiler has told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ninjapool.profiles import estimate, read_profile
from ninjapool.units import MIB, format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.history.entry import Entry
    from ninjapool.model import Estimate, JobClass, Project, Remote, Setting
    from ninjapool.profiles import Profile

COMPILES: tuple[JobClass, ...] = ("compile", "flang")
"""Pools of what a distributed compiler takes; it links nothing, and runs no generator."""
STUB = 4 * MIB
"""What waits for its host: distcc 3.4, icecc 1.4 and the shell before them hold 1 to 3 MiB."""
STEPS = 50
"""Equal steps of a life: fine enough for one preprocessor among so many waiting stubs."""
PREPROCESSING = 0.12
"""Of a compile's CPU time, what its preprocessor takes here: 35 sources of abseil by gcc 12, -O2
(0.13 at -O0 -g), `python -m examples.remote`."""
TEXT = 24_000_000
"""Bytes that go over the wire for a CPU second of the preprocessor, there and back: the same 35."""
GIGABIT = 125_000_000
"""Bytes a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a compile that is done elsewhere takes of this machine, if it takes `seconds` there."""

    here: float
    """CPU seconds of its preprocessor."""
    wire: float
    """Seconds in which its text and its object are under way, if nothing else is."""
    seconds: float
    """From its begin to its end, if it waits for nothing."""


def load(cpu_seconds: float, gigabits: float = 1.0) -> Load:
    """Of a compile that took so long here, where its hosts are as fast as this machine.

    `gigabits`: what the wire carries in a second.
    """
    here = PREPROCESSING * cpu_seconds
    wire = here * TEXT / (gigabits * GIGABIT)
    return Load(here=here, wire=wire, seconds=cpu_seconds + wire)


def assumptions(stub: Estimate, preprocessors: Setting[int] | None, gigabits: float) -> list[str]:
    """All that is taken for granted of a compile that is done elsewhere, each with its source."""
    peaks = stub.distribution
    at_once = (
        f"{preprocessors.value} at once ({preprocessors.source})"
        if preprocessors
        else "as many at once as there are CPUs (distcc's --localslots_cpp is 8 unless said)"
    )
    there = (
        f"Elsewhere: CPUs as fast as these, no host fails, a wire of {gigabits:g} Gbit/s (--wire) "
        f"for the {TEXT // 10**6} MB of text and object of a CPU second of preprocessing."
    )
    here = (
        f"Here: preprocessing, {PREPROCESSING * 100:.0f} % of a compile's CPU time [35 sources of "
        f"abseil, gcc 12 -O2; distcc's pump mode needs less], {at_once}."
    )
    memory = (
        f"Its memory: a stub of {format_size(STUB)} for as long as it lasts, with its preprocessor "
        f"{format_size(peaks.median)} (half of them; {format_size(peaks.max)} at most) where no "
        f"build has shown it [{stub.source}]."
    )
    return [there, here, memory]


def elsewhere(given: Sequence[Estimate], profile: Profile, project: Project) -> list[Estimate]:
    """The estimates, those of compiles by what is left of them here."""
    remote = project.remote
    if remote is None:
        return list(given)
    rest = stub(profile, project)
    return [_left_here(one, rest, remote) if one.job_class in COMPILES else one for one in given]


def not_compiled(known: Iterable[Entry]) -> list[Entry]:
    """What earlier builds tell of a build whose compiles go elsewhere: only of all other jobs."""
    return [entry for entry in known if entry.job_class not in COMPILES]


def stub(profile: Profile, project: Project) -> Estimate:
    """Peaks of stub and preprocessor; a profile of the user's own need not have such a figure."""
    own = estimate(profile, project, cpus=1, only=("remote",))
    return (own or estimate(read_profile("common"), project, cpus=1, only=("remote",)))[0]


def _left_here(one: Estimate, stub: Estimate, remote: Remote) -> Estimate:
    return replace(
        stub,
        job_class=one.job_class,
        share=one.share,
        curve=_life(stub, remote),
        slots=replace(remote.slots, source=_limit(remote)),
        steps=tuple(_steps(remote)),
    )


def _life(stub: Estimate, remote: Remote) -> tuple[float, ...]:
    """As many steps preprocessing as the client's own limit lets in at once; else all of them.

    When a build begins, all its jobs preprocess at the same time.
    """
    slots = remote.slots.value
    at_once = min(remote.preprocessors.value if remote.preprocessors else slots, slots)
    busy = max(1, -(-STEPS * at_once // slots))
    waiting = min(1.0, STUB / stub.distribution.median)
    return (1.0,) * busy + (waiting,) * (STEPS - busy)


def _limit(remote: Remote) -> str:
    word = "slot" if remote.slots.value == 1 else "slots"
    return f"the {remote.slots.value} {word} of {remote.kind} ({remote.slots.source})"


def _steps(remote: Remote) -> list[str]:
    limit = remote.preprocessors
    if limit is None:
        return ["all at once may be preprocessing: the client sets itself no limit"]
    waits = f"the others wait with {format_size(STUB)} each"
    return [f"{limit.value} at once are preprocessing ({limit.source}), {waits}"]
