"""How the build's own driver is started: its arguments, how wide, and what joins the jobserver.

Does not start it, and writes nothing into the build directory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ninjapool.errors import SourceError
from ninjapool.govern import arguments, ninjas, place, programs
from ninjapool.govern.arguments import Arguments
from ninjapool.govern.jobserver import inherited, is_alive
from ninjapool.govern.ninjalog import log_of
from ninjapool.paths import is_file, real

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ninjapool.govern.contract import BuildRequest, Options, RunRequest
    from ninjapool.govern.jobserver import Form

Kind = Literal["ninja", "make", "cargo", "cmake", "other"]

_NINJAS = frozenset({*ninjas.NAMES, ninjas.SHIM})
MANY_WAIT = 48
"""Waiting jobs above which more are of little use."""
CMAKE_WIDTH = "CMAKE_BUILD_PARALLEL_LEVEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """All that is needed to start a driver, but for the jobserver itself."""

    kind: Kind
    command: tuple[str, ...]
    folder: Path
    base: Path
    """Jobs are known by their outputs as seen from here, as ninja's log has them."""
    environ: Mapping[str, str] = field(repr=False)
    cores: int
    """Jobs that may run at once: the user's `-j`, else the CPUs."""
    away: int = 0
    """Compiles that may be elsewhere beside them: the user's `-j`, else the slots there."""
    slots: int
    """Jobs that may be born: those that run and those that wait."""
    says: str = "its own"
    """How the driver gets its width, in words, for the summary."""
    jobserver: Form | None = None
    """None where nothing would join."""
    joins: bool = False
    """The command itself joins it, not only what runs below it."""
    governed: bool = True
    """False where the command builds nothing: it is run as it stands."""
    log: Path | None = None
    """Ninja's log, which tells what it finished."""
    query: tuple[str, ...] = ()
    """The ninja, and the file, that can be asked about that log's edges."""

    @property
    def repeatable(self) -> bool:
        """Started again it goes on where it ended; of a script nobody knows."""
        return self.kind != "other"


def _launch(
    kind: Kind, command: Sequence[str], folder: Path, options: Options, asked: int | None = None
) -> Launch:
    """A command as it is, with the width that the user wants for it."""
    usual = ninjas_own_width(options.cores) if kind == "ninja" else options.cores
    said = asked or options.jobs
    # Who asks for one job at a time wants no second one elsewhere.
    away = (said or options.away) if options.away and said != 1 else 0
    cores = min(said or usual, usual) if away else said or usual
    return Launch(
        kind=kind,
        command=tuple(command),
        folder=real(folder),
        base=real(folder),
        environ=options.environ,
        cores=cores,
        away=away,
        slots=cores + away + _window(cores, options),
    )


def _window(cores: int, options: Options) -> int:
    """Jobs that may wait. Who asks for one job at a time wants them in ninja's own order."""
    if options.window is not None:
        return options.window
    return max(0, min(waiting(cores), programs.most_children() - cores))


def waiting(cores: int) -> int:
    """Jobs that may wait beside so many: the more there are, the better some of them fit together.

    With three times the cores, LLVM's compiles on 16 take 2 % less than with half as many; each
    that waits costs a stopped shell, and a little at every look.
    """
    return 0 if cores == 1 else max(cores * 3 // 2, min(cores * 3, MANY_WAIT))


def ninjas_own_width(cpus: int) -> int:
    """What ninja takes without `-j` (GuessParallelism): some jobs always wait for the disk."""
    return cpus + 2 if cpus > 2 else cpus + 1


# ---------------------------------------------------------------- what is governed


def for_build(request: BuildRequest) -> Launch:
    """As `cmake --build` would start it. Raises SourceError where nothing is configured."""
    cache = ninjas.cache_entries(str(request.directory))
    generator = cache.get("CMAKE_GENERATOR", "")
    request = replace(request, options=_told(request.options))
    if generator == "Unix Makefiles":
        words = ["-j", *(["VERBOSE=1"] * request.verbose), *request.targets, *request.native]
        make = cache.get("CMAKE_MAKE_PROGRAM", "make")
        return _for_make(make, words, request.directory, request.options)
    if generator and not generator.startswith("Ninja"):
        raise SourceError(
            f"{request.directory} is built by {generator}, which is not governed as a whole",
            hint=f"govern its jobs: ninjapool run -- cmake --build {request.directory}",
        )
    has_configs = generator == "Ninja Multi-Config" and request.config
    name = f"build-{request.config}.ninja" if has_configs else "build.ninja"
    if not is_file(request.directory / name):
        configs = sorted(path.stem[6:] for path in request.directory.glob("build-*.ninja"))
        if has_configs and configs:
            hint = f"it has {', '.join(configs)}"
            raise SourceError(f"{request.directory} has no {request.config}", hint=hint)
        raise place.not_configured(request.directory, f"{request.directory} has no {name}")
    words = ["-f", name] if has_configs else []
    words += [*(["-v"] * request.verbose), *request.targets, *request.native]
    program = programs.real_ninja(request.directory, request.options.environ)
    return for_ninja(program, words, request.directory, request.options)


def _told(options: Options) -> Options:
    """With the width that the environment gives to `cmake --build`, if nothing nearer does."""
    named = options.environ.get(CMAKE_WIDTH, "")
    return replace(options, jobs=options.jobs or (int(named) if named.isdigit() else None) or None)


def for_run(request: RunRequest) -> Launch:
    """Any command. Raises NotFoundError, CannotRunError."""
    program, *words = request.command
    options, folder = request.options, request.folder
    name = Path(program).name
    if name == ninjas.SHIM:
        built = folder / (_parsed(arguments.ninja, words).folder or ".")
        program = programs.real_ninja(built, options.environ)
    programs.check_program(program, folder, options.environ.get("PATH"))
    if name in _NINJAS:
        return for_ninja(program, words, folder, options)
    if name in programs.MAKES:
        return _for_make(program, words, folder, options)
    if name == "cargo":
        return _for_cargo(program, words, folder, options)
    if name == "cmake" and (build := arguments.cmake_build(words)):
        return _for_cmake(request, build)
    return _joining(_launch("other", request.command, folder, options))


# ---------------------------------------------------------------- the drivers


def for_ninja(program: str, words: Sequence[str], folder: Path, options: Options) -> Launch:
    """Ninja: its width is given by `-j`, and what it starts may join the jobserver.

    With `-j` ninja is no client itself. So its output stays as it always is (a client announces
    its jobserver), it takes new work the moment a job ends, it cannot lose slots to nested clients
    that wait for them, and every version works. Who runs is decided by the governor in any case.
    """
    asked = _parsed(arguments.ninja, words)
    if not asked.builds:
        return replace(_launch("ninja", (program, *words), folder, options), governed=False)
    base = real(folder) / (asked.folder or ".")
    plain = replace(
        _launch("ninja", (program, *words), folder, options, asked.jobs),
        base=base,
        log=log_of(base, asked.file),
        query=(program, "-C", str(base), *(["-f", asked.file] if asked.file else [])),
    )
    if outer := outer_jobserver(options.environ):
        # Somebody's jobserver gives the slots, we look after the memory.
        return replace(plain, says=f"the jobserver that was there ({outer})")
    if programs.joins_pipes_only(programs.version_text(program, options.environ)):
        return _joining(replace(plain, command=(program, *asked.rest)), "pipe")
    return replace(
        plain,
        command=(program, f"-j{plain.slots}", *asked.rest),
        says=f"ninja -j{plain.slots}",
        jobserver=programs.form_on_path(options.environ),
    )


def _parsed(parse: Callable[[Sequence[str]], Arguments], words: Sequence[str]) -> Arguments:
    """A width that is no number is the driver's own to refuse."""
    try:
        return parse(words)
    except ValueError:
        return Arguments(rest=tuple(words), builds=False)


def _for_make(program: str, words: Sequence[str], folder: Path, options: Options) -> Launch:
    """Make joins a jobserver unless told a width. Without any it builds one by one: so be it."""
    asked = _parsed(arguments.make, words)
    wanted = asked.jobs if asked.jobs is not None else width_of(options.environ.get("MAKEFLAGS"))
    if not asked.builds:
        return replace(_launch("make", (program, *words), folder, options), governed=False)
    if wanted is None and options.jobs is None:
        serial = _launch("make", (program, *words), folder, options)
        return replace(serial, slots=1, says="one job at a time, as make does without -j")
    form = programs.jobserver_form([programs.version_text(program, options.environ)])
    return _joining(_launch("make", (program, *asked.rest), folder, options, wanted), form)


def _for_cargo(program: str, words: Sequence[str], folder: Path, options: Options) -> Launch:
    """Cargo joins a jobserver, and complains of a `-j` beside it."""
    asked = _parsed(arguments.cargo, words)
    launch = _launch("cargo", (program, *asked.rest), folder, options, asked.jobs)
    return _joining(launch) if asked.builds else replace(launch, governed=False)


def _for_cmake(request: RunRequest, asked: Arguments) -> Launch:
    """`cmake --build`: a width of the user's own is his; else CMake hands ours to the driver."""
    options, here = request.options, real(request.folder)
    where = place.of_cmake(asked, here, options.environ)
    folder = where.folder or here
    generator = ninjas.cache_entries(str(folder)).get("CMAKE_GENERATOR", "")
    kind: Kind = "ninja" if generator.startswith("Ninja") else "cmake"
    mine = _told(options).jobs if asked.jobs is None else None
    wide = _launch(kind, request.command, request.folder, options, mine or where.jobs)
    launch = replace(wide, kind="cmake", base=folder)
    if asked.jobs is None:
        # It goes before what a preset says; where there is a -j, that one is cmake's to obey.
        launch = replace(
            launch,
            environ={**options.environ, CMAKE_WIDTH: str(launch.slots)},
            says=f"{CMAKE_WIDTH}={launch.slots}",
        )
    if kind != "ninja":
        return launch
    return replace(
        launch,
        jobserver=programs.form_on_path(options.environ),
        log=log_of(folder, None),
        query=(programs.real_ninja(folder, options.environ), "-C", str(folder)),
    )


def _joining(launch: Launch, form: Form | None = None) -> Launch:
    """The drivers in it join a jobserver: the one that is there already, or ours."""
    if outer := outer_jobserver(launch.environ):
        return replace(launch, says=f"the jobserver that was there ({outer})")
    form = form or programs.form_on_path(launch.environ)
    slots = f"{launch.slots} slot{'s' * (launch.slots != 1)}"
    says = f"jobserver ({form}), {slots}"
    return replace(launch, jobserver=form, joins=True, says=says)


# ---------------------------------------------------------------- MAKEFLAGS


def outer_jobserver(environ: Mapping[str, str]) -> str | None:
    """`fifo` or `pipe` where we were started under a jobserver that is alive."""
    auth = inherited(environ.get("MAKEFLAGS", ""))
    if auth is None or not is_alive(auth):
        return None
    return "fifo" if auth.startswith("fifo:") else "pipe"


def width_of(flags: str | None) -> int | None:
    """What `-j` in MAKEFLAGS says: 0 for without limit, None where it is not there."""
    for word in (flags or "").split():
        if word.startswith("-j"):
            return int(word[2:]) if word[2:].isdigit() else 0
    return None


def makeflags(own: str, before: str) -> str:
    """Our jobserver, and what else MAKEFLAGS held: a dead jobserver and a width are left out."""
    dropped = ("--jobserver-auth=", "--jobserver-fds=", "-j")
    kept = [word for word in before.split() if not word.startswith(dropped)]
    if kept and not kept[0].startswith("-") and "=" not in kept[0]:
        # Letters without a dash; ninja would take an n among them for `make -n`.
        kept[0] = f"-{kept[0]}"
    return " ".join(["", *kept, own.strip()])
