"""Derives what matters for memory from CMake's variables. Opens no file, starts no program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ninjapool.model import Compiler, DebugInfo, Linker, Lto, Setting
from ninjapool.project import flags
from ninjapool.project.language import is_true

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ninjapool.project.tree import Tree
    from ninjapool.project.variables import Variables

_BUILD_TYPES = ("Debug", "Release", "RelWithDebInfo", "MinSizeRel")
_MULTI_CONFIG = ("Ninja Multi-Config", "Visual Studio", "Xcode")
_STRENGTH: tuple[DebugInfo, ...] = ("none", "lines", "full")

_POOL_VARIABLES = (
    *(f"LLVM_PARALLEL_{kind}_JOBS" for kind in ("COMPILE", "LINK", "TABLEGEN")),
    *(f"LLVM_RAM_PER_{kind}_JOB" for kind in ("COMPILE", "LINK", "TABLEGEN")),
    "FLANG_PARALLEL_COMPILE_JOBS",
    "CMAKE_JOB_POOLS",
    "CMAKE_JOB_POOL_COMPILE",
    "CMAKE_JOB_POOL_LINK",
    "CMAKE_JOB_POOL_PRECOMPILE_HEADER",
    "JOB_POOLS",
)
_BUILD_LEVEL = "CMAKE_BUILD_PARALLEL_LEVEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known so far, for the settings that follow from it."""

    variables: Variables
    tree: Tree
    compiler: Setting[Compiler]
    build_type: Setting[str]
    platform: str
    system_linker: str | None = None
    """What `ld` on the PATH is, its links followed."""

    @property
    def languages(self) -> tuple[str, ...]:
        """CXX and C, as far as the project uses them; CXX where nothing is known."""
        return tuple(name for name in ("CXX", "C") if name in self.tree.languages) or ("CXX",)


# ---------------------------------------------------------------- build type


def is_multi_config(variables: Variables) -> bool:
    """True where one build directory holds several build types."""
    return variables.text("CMAKE_GENERATOR").startswith(_MULTI_CONFIG)


def build_type(variables: Variables, tree: Tree, compiler: Compiler) -> Setting[str]:
    """The build type that a plain `ninja` will build."""
    if is_multi_config(variables):
        return _default_config(variables)
    given = variables.get("CMAKE_BUILD_TYPE")
    if given is not None and given.value:
        return Setting(value=_canonical(given.value), source=given.source)
    fallback = tree.defaults.get("CMAKE_BUILD_TYPE")
    if fallback is not None:
        source = f"default: {fallback.source} sets it where you do not"
        return Setting(value=_canonical(fallback.value), source=source)
    if tree.refuses_no_build_type:
        source = "assumed: LLVM does not configure without CMAKE_BUILD_TYPE"
        return Setting(value="Release", source=source)
    if compiler == "msvc":
        return Setting(value="Debug", source="default: CMake takes Debug with this compiler")
    source = given.source if given else "default"
    return Setting(value="", source=f"{source}: CMake leaves it empty, so no -O and no -g")


def _default_config(variables: Variables) -> Setting[str]:
    default = variables.get("CMAKE_DEFAULT_BUILD_TYPE")
    if default is not None and default.value:
        return Setting(value=_canonical(default.value), source=default.source)
    name = "CMAKE_CONFIGURATION_TYPES"
    listed = variables.get(name)
    if listed is not None and listed.value:
        first = listed.value.split(";")[0]
        return Setting(value=_canonical(first), source=f"the first of {name} ({listed.source})")
    source = f"default: the first of {variables.text('CMAKE_GENERATOR')}'s build types"
    return Setting(value="Debug", source=source)


def _canonical(name: str) -> str:
    """CMake compares build types in capitals; the four usual ones get their usual spelling."""
    return next((known for known in _BUILD_TYPES if known.upper() == name.upper()), name)


# ---------------------------------------------------------------- flags


def _compile_flags(facts: Facts, language: str) -> Iterator[tuple[str, Setting[str]]]:
    """The variables whose flags reach each compile of the language, in cmake's order."""
    yield from _named(facts, f"CMAKE_{language}_FLAGS")
    kind = facts.build_type.value
    if kind:
        name = f"CMAKE_{language}_FLAGS_{kind.upper()}"
        default = flags.default_flags(kind, facts.compiler.value)
        source = f"build type {kind}, {facts.build_type.source}"
        setting = facts.variables.get(name) or Setting(value=default, source=source)
        yield name, setting


def _link_flags(facts: Facts) -> Iterator[tuple[str, Setting[str]]]:
    """The variables whose flags reach a link; compile flags do, too, and come first."""
    for language in facts.languages:
        yield from _compile_flags(facts, language)
    for kind in ("EXE", "SHARED", "MODULE"):
        name = f"CMAKE_{kind}_LINKER_FLAGS"
        yield from _named(facts, name)
        if facts.build_type.value:
            yield from _named(facts, f"{name}_{facts.build_type.value.upper()}")


def _named(facts: Facts, name: str) -> Iterator[tuple[str, Setting[str]]]:
    setting = facts.variables.get(name)
    if setting is not None:
        yield name, setting


def _joined(parts: Iterable[tuple[str, Setting[str]]]) -> str:
    return " ".join(setting.value for _, setting in parts)


def debug_info(facts: Facts) -> Setting[DebugInfo]:
    """The most debug information that any language of the project is compiled with."""
    found = [_debug_info(facts, language) for language in facts.languages]
    return max(found, key=lambda setting: _STRENGTH.index(setting.value))


def _debug_info(facts: Facts, language: str) -> Setting[DebugInfo]:
    kind = facts.build_type.value or "no build type"
    result: Setting[DebugInfo] = Setting(value="none", source=f"no -g in the flags of {kind}")
    for name, setting in _compile_flags(facts, language):
        if found := flags.debug_flag(setting.value):
            level, flag = found
            result = Setting(value=level, source=f"{flag} in {name} ({setting.source})")
    return result


def splits_dwarf(facts: Facts, info: DebugInfo) -> bool:
    """True where debug information is kept out of the links."""
    if info == "none":
        return False
    # HandleLLVMOptions.cmake, "Turn on -gsplit-dwarf if requested in debug builds".
    asked = facts.tree.llvm and is_true(facts.variables.text("LLVM_USE_SPLIT_DWARF"))
    if asked and facts.build_type.value in ("Debug", "RelWithDebInfo"):
        return True
    return any(
        flags.splits_dwarf(_joined(_compile_flags(facts, language))) for language in facts.languages
    )


def sanitizers(facts: Facts) -> tuple[str, ...]:
    """The names that -fsanitize= takes, of all flags and of LLVM_USE_SANITIZER."""
    found = set(flags.sanitizers(_joined(_link_flags(facts))))
    if facts.tree.llvm:
        given = facts.variables.text("LLVM_USE_SANITIZER").lower().split(";")
        spelled = {"memorywithorigins": "memory", "leaks": "leak"}
        found |= {spelled.get(name, name) for name in given if name}
    return tuple(sorted(found))


# ---------------------------------------------------------------- link


def lto(facts: Facts) -> Setting[Lto]:
    """LLVM's own switch, then flags, then CMake's switch."""
    own = facts.variables.get("LLVM_ENABLE_LTO") if facts.tree.llvm else None
    if own is not None and is_true(own.value):
        thin = own.value.upper() == "THIN"
        return Setting(value="thin" if thin else "full", source=own.source)
    result: Setting[Lto] | None = None
    for name, setting in _link_flags(facts):
        if found := flags.lto_flag(setting.value):
            result = Setting(value=found[0], source=f"{found[1]} in {name} ({setting.source})")
    if result is not None:
        return result
    return _cmake_lto(facts) or Setting(value="off", source=own.source if own else "default")


def _cmake_lto(facts: Facts) -> Setting[Lto] | None:
    kind = facts.build_type.value.upper()
    for name in (
        f"CMAKE_INTERPROCEDURAL_OPTIMIZATION_{kind}",
        "CMAKE_INTERPROCEDURAL_OPTIMIZATION",
    ):
        setting = facts.variables.get(name)
        if setting is not None:
            on = is_true(setting.value)
            # CMake's Clang.cmake makes -flto=thin of it, GNU.cmake -flto.
            thin = on and facts.compiler.value == "clang"
            value: Lto = "thin" if thin else "full" if on else "off"
            return Setting(value=value, source=setting.source)
    return None


def linker(facts: Facts) -> Setting[Linker]:
    """LLVM's own switches, then flags, then CMake's switch, then what the compiler takes."""
    if facts.tree.llvm and (setting := _llvm_linker(facts.variables)):
        return setting
    result: Setting[Linker] | None = None
    for name, part in _link_flags(facts):
        if found := flags.linker_flag(part.value):
            result = Setting(value=found[0], source=f"{found[1]} in {name} ({part.source})")
    if result is not None:
        return result
    return _cmake_linker(facts) or _default_linker(facts)


def _llvm_linker(variables: Variables) -> Setting[Linker] | None:
    used = variables.get("LLVM_USE_LINKER")
    if used is not None and used.value:
        return Setting(value=flags.linker_of(used.value), source=used.source)
    lld = variables.get("LLVM_ENABLE_LLD")
    if lld is not None and is_true(lld.value):
        return Setting(value="lld", source=lld.source)
    return None


def _cmake_linker(facts: Facts) -> Setting[Linker] | None:
    kind = facts.variables.get("CMAKE_LINKER_TYPE")
    if kind is not None and kind.value.upper() not in ("", "DEFAULT", "SYSTEM"):
        return Setting(value=flags.linker_of(kind.value), source=kind.source)
    # With MSVC cmake calls the linker itself; with others CMAKE_LINKER is only a finding.
    program = facts.variables.get("CMAKE_LINKER")
    if program is not None and "lld-link" in program.value:
        return Setting(value="lld", source=program.source)
    return None


def _default_linker(facts: Facts) -> Setting[Linker]:
    if facts.platform != "linux" or facts.compiler.value not in ("gcc", "clang"):
        return Setting(value="other", source="default: the platform's own linker")
    name = facts.system_linker
    if name is None:
        return Setting(value="bfd", source=f"default of {facts.compiler.value} on Linux")
    family = flags.linker_of(name)
    # Debian's ld is x86_64-linux-gnu-ld.bfd; elsewhere a plain ld is GNU's bfd.
    return Setting(value="bfd" if family == "other" else family, source=f"default: ld is {name}")


def links_shared(variables: Variables, *, llvm: bool) -> bool:
    """True where the libraries are shared, so that no link holds them all."""
    names = ["BUILD_SHARED_LIBS", *(["LLVM_LINK_LLVM_DYLIB"] if llvm else [])]
    return any(is_true(variables.text(name)) for name in names)


# ---------------------------------------------------------------- the rest


def subprojects(variables: Variables, tree: Tree) -> tuple[str, ...]:
    """LLVM_ENABLE_PROJECTS, `all` spelled out, with what LLVM adds by itself."""
    if not tree.llvm:
        return ()
    names = [name for name in variables.text("LLVM_ENABLE_PROJECTS").split(";") if name]
    if names == ["all"]:
        names = list(tree.all_projects) or names
    if "flang" in names:
        names.append("mlir")
    return tuple(dict.fromkeys([*names, *tree.subprojects]))


def cuda_threads(variables: Variables, env: Mapping[str, str]) -> int:
    """The threads of one nvcc. For `--threads 0`, one for each architecture, if those are named."""
    texts = [
        env.get("NVCC_PREPEND_FLAGS", ""),
        variables.text("CMAKE_CUDA_FLAGS"),
        env.get("NVCC_APPEND_FLAGS", ""),
    ]
    threads = flags.nvcc_threads(" ".join(texts))
    if threads is None:
        # Not nvcc's own: the name that PyTorch extensions hand on to it.
        given = variables.text("NVCC_THREADS") or env.get("NVCC_THREADS", "")
        threads = int(given) if given.isdecimal() else 1
    if threads == 0:
        threads = len([a for a in variables.text("CMAKE_CUDA_ARCHITECTURES").split(";") if a])
    return max(threads, 1)


def user_settings(
    variables: Variables, tree: Tree, env: Mapping[str, str]
) -> dict[str, Setting[str]]:
    """The pool settings that somebody has made; empty values are none."""
    found = {}
    for name in _POOL_VARIABLES:
        setting = variables.get(name) or tree.defaults.get(name)
        if setting is not None and setting.value:
            found[name] = setting
    if env.get(_BUILD_LEVEL):
        source = f"{_BUILD_LEVEL} in the environment"
        found[_BUILD_LEVEL] = Setting(value=env[_BUILD_LEVEL], source=source)
    return found
