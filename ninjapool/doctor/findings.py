"""What lines of logs were found to say, before anybody judges it. Holds no behaviour.

Bytes and seconds; what a log does not tell is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ninjapool.model import Machine, Project

Kind = Literal[
    "killed",  # a program of the build got signal 9
    "killed?",  # somebody did: a shell says no more than "Killed"
    "refused",  # an allocation failed in a compiler, linker or driver
    "page file",  # the same on Windows, where all programs share a limit
    "refused?",  # or in some other program: a test may do that on purpose
    "limited?",  # what looks like another error, but is one more form of it under `ulimit -v`
    "linking",  # the line after clang's "unable to execute command": it was its linker
    "aborted",  # a compiler or linker gave up with signal 6
    "heap",  # a limit that a program sets itself: Java's heap
    "container",  # a container's runtime says that the kernel killed for its limit
    "terminated",  # SIGTERM, from whomever
    "interrupted",  # Ctrl-C
    "runner",  # a CI service has lost its machine
    "low memory",  # a CI service warns
    "disk",
    "tasks",  # no more processes or threads
    "broken",  # an internal compiler error, with a place in the source
    "nonsense",  # an allocation of more bytes than any machine has
    "forbidden",  # the log of the kernel could not be read
]
Killer = Literal["kernel", "earlyoom", "systemd-oomd", "nohang"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When something was logged."""

    uptime: float | None = None
    """Seconds since the machine was started."""
    wall: float | None = None
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One line of a build's output that means something."""

    kind: Kind
    line: str
    at: int
    """Its number in the log."""
    program: str | None = None
    job: str | None = None
    """The output that was to be made: `lib/x.cpp.o`."""
    code: int | None = None
    bytes: int | None = None
    """What was asked for in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A process that was alive when the kernel killed one."""

    pid: int
    name: str
    held: int
    """In RAM; with pages of files where the kernel does not tell them apart."""
    swapped: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A process that the kernel or a daemon has killed for memory."""

    by: Killer
    pid: int | None
    name: str
    when: Stamp = Stamp()
    anon: int | None = None
    """Memory of its own that it held in RAM: anonymous and shared, no pages of files."""
    resident: int | None = None
    """With pages of files and shared ones; a linker's may be mostly that."""
    swapped: int | None = None
    for_cgroup: bool | None = None
    """For the limit of a cgroup, not for the machine; None where it is not said."""
    cgroup: str | None = None
    limit: int | None = None
    """The cgroup's limit, or the machine's RAM."""
    swap: int | None = None
    """The machine's swap space."""
    beside: tuple[Task, ...] = ()
    """The largest tasks that lived then, its own among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that its driver calls failed."""

    output: str
    code: int | None = None
    command: str | None = None


@dataclass(slots=True, kw_only=True)
class Findings:
    """All that one log has told."""

    name: str
    lines: int = 0
    symptoms: list[Symptom] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many symptoms of each kind, and `kills`, also those beyond what is kept."""
    driver: str | None = None
    """`ninja`, `make`, `cargo`, ..."""
    folder: str | None = None
    """The build directory that the driver entered."""
    width: int | None = None
    """The `-j` that a command in the log has."""
    process_limit: int | None = None
    """A `ulimit -v` in the log."""
    written: float | None = None
    """When the file was last written, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A place that could not be read, and what would allow it."""

    what: str
    why: str
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known beside the logs that were named."""

    now: float
    machine: Machine | None = None
    project: Project | None = None
    own: Sequence[Findings] = ()
    """This machine's logs: the kernel's and those of daemons."""
    booted: float | None = None
    """When the machine was started, in seconds since 1970."""
    since: float | None = None
    kills_counted: int | None = None
    """By the kernel since it was started: its own counter, which needs no permission."""
    kills_in_cgroup: int | None = None
    """Those in the control group that we are in, since that was made."""
    peaks: Mapping[str, int] = field(default_factory=dict)
    """What outputs of the build directory took in their last governed build."""
    ran_at_once: int | None = None
    """Jobs that the build directory's last build ran at one time, by ninja's log."""
    closed: tuple[Closed, ...] = ()
