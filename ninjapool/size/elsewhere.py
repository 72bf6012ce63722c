"""What a compile takes of this machine when it is done on another: a stub, and a preprocessor.

Pure. Its figures are a profile's; how many go at once, the distributed compiler has told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ninjapool.profiles import estimate, read_profile
from ninjapool.units import MIB, format_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ninjapool.history.entry import Entry
    from ninjapool.model import Estimate, JobClass, Project, Remote
    from ninjapool.profiles import Profile

COMPILES: tuple[JobClass, ...] = ("compile", "flang")
"""Pools of what a distributed compiler takes; it links nothing, and runs no generator."""
STUB = 4 * MIB
"""What waits for its host: distcc 3.4, icecc 1.4 and the shell before them hold 1 to 3 MiB."""
STEPS = 50
"""Equal steps of a life: fine enough for one preprocessor among so many waiting stubs."""


def elsewhere(given: Sequence[Estimate], profile: Profile, project: Project) -> list[Estimate]:
    """The estimates, those of compiles by what is left of them here."""
    remote = project.remote
    if remote is None:
        return list(given)
    stub = _stub(profile, project)
    return [_left_here(one, stub, remote) if one.job_class in COMPILES else one for one in given]


def not_compiled(known: Iterable[Entry]) -> list[Entry]:
    """What earlier builds tell of a build whose compiles go elsewhere: only of all other jobs."""
    return [entry for entry in known if entry.job_class not in COMPILES]


def _stub(profile: Profile, project: Project) -> Estimate:
    """A profile of the user's own need not have such a figure."""
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
