"""The ways to run a build that are compared, each as a command line and, some, as job pools.

`static` ones are what people do today; `governed` ones are `ninjapool build`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ninjapool.model import JobClass

Known = Literal["nothing", "durations", "history"]
PolicyKind = Literal["plain", "sweep", "ram-per", "configure", "build"]

RAM_PER: dict[JobClass, int] = {"compile": 2048, "link": 10000}
"""MB a job, as people give LLVM_RAM_PER_*_JOB: 10000 for a link is LLVM's own advice
(llvm.org/docs/CMake.html), 2048 for a compile is what Fedora's llvm.spec sets on RHEL 8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One way to run the build."""

    name: str
    kind: PolicyKind
    jobs: int
    """What is given to -j."""
    pools: Mapping[JobClass, int] = field(default_factory=dict)
    known: Known | None = None
    """What the governor knows before; None where ninja runs alone."""

    @property
    def governed(self) -> bool:
        return self.kind == "build"

    @property
    def sweep(self) -> bool:
        """One of the -jK among which the best that survives is sought."""
        return self.kind == "sweep"


def plain(slots: int) -> Policy:
    """Ninja's default: two jobs more than there are processors (GuessParallelism)."""
    return Policy(name=f"ninja (-j{slots + 2})", kind="plain", jobs=slots + 2)


def sweep(slots: int) -> list[Policy]:
    """Every -jK, widest first."""
    return [Policy(name=f"ninja -j{k}", kind="sweep", jobs=k) for k in range(slots, 0, -1)]


def ram_per(slots: int, memory: int) -> Policy:
    """LLVM_RAM_PER_*_JOB: each pool gets all of the memory (HandleLLVMOptions.cmake)."""
    megabytes = memory >> 20
    pools = {kind: min(max(megabytes // per, 1), slots) for kind, per in RAM_PER.items()}
    return Policy(name="LLVM_RAM_PER_*_JOB", kind="ram-per", jobs=slots + 2, pools=pools)


def configured(slots: int, pools: Mapping[JobClass, int]) -> Policy:
    """The pools of `ninjapool configure`, under ninja's default -j."""
    depths = ", ".join(f"{kind} {depth}" for kind, depth in pools.items())
    return Policy(
        name=f"ninjapool configure ({depths})", kind="configure", jobs=slots + 2, pools=pools
    )


def governed(slots: int) -> list[Policy]:
    """`ninjapool build`, by what it knows before."""
    names: dict[Known, str] = {
        "nothing": "ninjapool build, nothing known",
        "durations": "ninjapool build, durations known",
        "history": "ninjapool build, history",
    }
    return [
        Policy(name=name, kind="build", jobs=slots, known=known) for known, name in names.items()
    ]
