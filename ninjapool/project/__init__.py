"""What will be built, as far as memory is concerned. Knows no limits and no figures.

Learned from a source tree, a cmake command line, presets, an existing build directory and the
environment, with cmake's own precedence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ninjapool.errors import SourceError, UsageError
from ninjapool.model import Project
from ninjapool.paths import is_file, normal, real
from ninjapool.project import settings
from ninjapool.project.arguments import parse_arguments
from ninjapool.project.cache import read_cache, unreadable
from ninjapool.project.compiler import Host, read_compiler
from ninjapool.project.language import is_true
from ninjapool.project.llvm import has_flang_pool, llvm_major
from ninjapool.project.ninja_files import read_edges
from ninjapool.project.tree import find_source, read_tree
from ninjapool.project.variables import Origins, read_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ninjapool.model import JobClass
    from ninjapool.project.arguments import Arguments
    from ninjapool.project.presets import ConfigurePreset
    from ninjapool.project.tree import Tree
    from ninjapool.project.variables import Variables


# What LLVM hands to a cmake and ninja of their own, without any pool.
_OWN_BUILDS = ("LLVM_ENABLE_RUNTIMES", "CLANG_ENABLE_BOOTSTRAP", "LLVM_OPTIMIZED_TABLEGEN")


def read_project(
    source: Path,
    *,
    build: Path | None = None,
    cmake_args: Sequence[str] = (),
    preset: str | None = None,
    env: Mapping[str, str],
) -> Project:
    """Looks at all that `cmake -S source -B build <cmake_args>` would look at.

    Raises SourceError where there is no project or the build directory is another's, UsageError
    for arguments or a preset that make no sense, FileError for a broken file.
    """
    arguments = parse_arguments(cmake_args)
    if preset and arguments.preset and preset != arguments.preset:
        raise UsageError(f"two presets are asked for: {preset} and {arguments.preset}")
    arguments = replace(arguments, preset=preset or arguments.preset)
    return read_project_on(Host(env=env), source, build, arguments)


def read_built(source: Path, build: Path, env: Mapping[str, str]) -> Project:
    """What a build directory was made from, without counting its edges, which takes longest.

    Raises as `read_project` does.
    """
    return read_project_on(Host(env=env), source, build, parse_arguments(()), edges=False)


def read_project_on(
    host: Host, source: Path, build: Path | None, arguments: Arguments, *, edges: bool = True
) -> Project:
    """As `read_project`, on a host that is given."""
    found = find_source(normal(source))
    _check_source(arguments, found)
    chosen, notes = _preset(found, arguments, host.env)
    build = _build(build, arguments, chosen)
    if build is not None:
        _check_build(build, found)
    origins = Origins(source=found, build=build, arguments=arguments, preset=chosen, env=host.env)
    variables = read_variables(origins)
    facts = _facts(variables, read_tree(found), replace(host, env=origins.environment), build)
    notes = (*_place_notes(source, found, build), *notes, *variables.notes, *_notes(facts))
    project = _project(facts, origins, notes)
    return replace(project, edges=_edges(facts, origins)) if edges else project


# ---------------------------------------------------------------- where


def _check_source(arguments: Arguments, source: Path) -> None:
    if arguments.source and normal(Path(arguments.source)) != source:
        message = f"two sources are given: {source} and -S {arguments.source}"
        raise UsageError(message, hint="leave out the -S")


def _preset(
    source: Path, arguments: Arguments, env: Mapping[str, str]
) -> tuple[ConfigurePreset | None, tuple[str, ...]]:
    """The preset that is asked for. Without one, cmake does not read the files, nor do we."""
    if not arguments.preset:
        return None, ()
    from ninjapool.project.presets import read_presets  # noqa: PLC0415 - 25 ms, and few name one

    file = Path(arguments.presets_file) if arguments.presets_file else None
    presets = read_presets(source, env, file)
    return presets.configure(arguments.preset), presets.notes


def _build(build: Path | None, arguments: Arguments, preset: ConfigurePreset | None) -> Path | None:
    named = Path(arguments.build) if arguments.build else None
    if build and named and normal(build) != normal(named):
        message = f"two build directories are given: -B {build} and, for cmake, -B {named}"
        raise UsageError(message, hint="leave one of them out")
    build = build or named
    if build is None:
        return preset.binary_dir if preset else None
    return normal(build)


def _check_build(build: Path, source: Path) -> None:
    if is_file(build):
        raise SourceError(f"{build} is a file, not a build directory")
    home = read_cache(build).get("CMAKE_HOME_DIRECTORY")
    if home and real(Path(home)) != real(source):
        raise SourceError(
            f"{build} is the build directory of {home}, not of {source}",
            hint="give another one with -B, or that source",
        )


# ---------------------------------------------------------------- what


def _facts(variables: Variables, tree: Tree, host: Host, build: Path | None) -> settings.Facts:
    only_c = "C" in tree.languages and "CXX" not in tree.languages
    compiler = read_compiler(variables, "C" if only_c else "CXX", host, build)
    linker = host.find("ld")
    return settings.Facts(
        variables=variables,
        tree=tree,
        compiler=compiler,
        build_type=settings.build_type(variables, tree, compiler.value),
        platform=host.platform,
        system_linker=real(linker).name if linker else None,
    )


def _project(facts: settings.Facts, origins: Origins, notes: tuple[str, ...]) -> Project:
    variables, tree = facts.variables, facts.tree
    env = origins.environment
    info = settings.debug_info(facts)
    return Project(
        source=tree.source,
        name=tree.name,
        llvm=tree.llvm,
        compiler=facts.compiler,
        build_type=facts.build_type,
        debug_info=info,
        lto=settings.lto(facts),
        linker=settings.linker(facts),
        build=origins.build,
        generator=variables.get("CMAKE_GENERATOR"),
        split_dwarf=settings.splits_dwarf(facts, info.value),
        shared_libs=settings.links_shared(variables, llvm=tree.llvm),
        sanitizers=settings.sanitizers(facts),
        subprojects=settings.subprojects(variables, tree),
        llvm_major=llvm_major(tree.source) if tree.llvm else None,
        flang_pool=tree.llvm and has_flang_pool(tree.source),
        languages=tree.languages,
        cuda_threads=settings.cuda_threads(variables, env),
        user_settings=settings.user_settings(variables, tree, env),
        notes=notes,
    )


def _edges(facts: settings.Facts, origins: Origins) -> Mapping[JobClass, int]:
    if origins.build is None or origins.arguments.fresh:
        return {}
    several = settings.is_multi_config(facts.variables)
    return read_edges(origins.build, facts.build_type.value if several else None)


# ---------------------------------------------------------------- notes


def _place_notes(given: Path, found: Path, build: Path | None) -> Iterator[str]:
    if normal(given) != found:
        yield f"the source of {given} is its {found.name}/"
    if build is not None and (reason := unreadable(build)):
        yield f"{build.name}/CMakeCache.txt cannot be read ({reason}), so what it says is left out"


def _notes(facts: settings.Facts) -> Iterator[str]:
    variables = facts.variables
    generator = variables.text("CMAKE_GENERATOR")
    if generator and "Ninja" not in generator:
        where = variables.settings["CMAKE_GENERATOR"].source
        yield f"{generator} knows no job pools ({where}): use -G Ninja in a new build directory"
    if settings.is_multi_config(variables):
        yield f"several build types: this is about {facts.build_type.value}"
    if facts.build_type.source.startswith("assumed"):
        yield "LLVM refuses to configure without a build type: add -DCMAKE_BUILD_TYPE=Release"
    for name in _OWN_BUILDS if facts.tree.llvm else ():
        if is_true(variables.text(name)):
            yield f"{name}: this part is built by a ninja of its own, which these pools do not bind"
