from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.errors import FileError, UsageError
from ninjapool.profiles import choose, estimate, profile_names, read_config, read_profile
from ninjapool.profiles.read import parse_config
from ninjapool.units import GIB, MIB
from tests.builders import project


def one(profile, job_class="compile", cpus=8, **facts):
    found = estimate(read_profile(profile), project(**facts), cpus=cpus, only=[job_class])
    return found[0] if found else None


@pytest.mark.parametrize("name", profile_names())
def test_every_figure_names_its_source_and_every_profile_its_date(name):
    profile = read_profile(name)
    assert profile.date
    sources = [row.source for row in profile.figures]
    sources += [row.source for row in profile.factors] + [row.source for row in profile.curves]
    assert all(len(source) > 10 for source in sources)


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("job_class", ["compile", "link", "archive", "other"])
def test_every_profile_knows_every_class_of_jobs(name, job_class):
    assert one(name, job_class) is not None


@pytest.mark.parametrize("name", ["llvm", "clang", "mlir", "flang"])
def test_llvm_has_tablegen(name):
    assert one(name, "tablegen") is not None


def test_there_is_a_profile_for_each_kind_of_project():
    assert set(profile_names()) >= {"llvm", "clang", "flang", "mlir", "generic", "cuda"}


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({}, "llvm"),
        ({"subprojects": ("clang", "lld")}, "clang"),
        ({"subprojects": ("clang", "mlir")}, "mlir"),
        ({"subprojects": ("clang", "mlir", "flang")}, "flang"),
        ({"llvm": False}, "generic"),
        ({"llvm": False, "languages": ("CXX", "CUDA")}, "cuda"),
    ],
)
def test_the_profile_follows_from_the_project(facts, name):
    assert choose(project(**facts)).value == name


def test_llvms_figures_are_those_measured():
    sizes = one("clang").distribution
    assert [s // MIB for s in (sizes.median, sizes.p95, sizes.p99, sizes.max)] == [
        304,
        777,
        1094,
        2119,
    ]


def test_clang_takes_about_half_of_gcc():
    ratio = one("clang", compiler="clang").distribution.p99 / one("clang").distribution.p99
    assert ratio == pytest.approx(0.51, rel=0.01)


def test_debug_info_makes_compiles_larger_and_links_much_larger():
    debug = {"build_type": "Debug", "debug_info": "full"}
    assert one("clang", **debug).distribution.max > one("clang").distribution.max
    plain, full = one("clang", "link"), one("clang", "link", **debug)
    assert full.distribution.max > 20 * plain.distribution.max


def test_the_row_with_most_conditions_wins():
    debug = one("clang", build_type="Debug", debug_info="full")
    relwithdebinfo = one("clang", build_type="RelWithDebInfo", debug_info="full")
    assert "x1.19" in debug.steps[0]
    assert "x1.47" in relwithdebinfo.steps[0]


def test_newer_llvms_take_more():
    peaks = [one("clang", llvm_major=major).distribution.p99 for major in (None, 14, 17, 19, 22)]
    assert peaks[0] == peaks[1] < peaks[2] < peaks[3] == peaks[4]


def test_linkers_differ():
    peaks = {
        linker: one("clang", "link", linker=linker).distribution.max
        for linker in ("lld", "bfd", "gold")
    }
    assert peaks["lld"] < peaks["bfd"] < peaks["gold"]


def test_thin_lto_grows_with_its_threads():
    few = one("llvm", "link", lto="thin", cpus=2)
    many = one("llvm", "link", lto="thin", cpus=32)
    assert many.distribution.max - few.distribution.max == 30 * 31 * MIB
    assert many.threads == 32


def test_nvcc_threads_multiply():
    assert one("cuda", cuda_threads=4).distribution.median > 10 * GIB


def test_sanitizers_cost_memory():
    assert one("generic", sanitizers=("address",)).steps[0].startswith("x1.5 for sanitizers")


def test_the_curve_is_the_compilers():
    assert one("llvm").curve[-1] == 1.0
    assert max(one("llvm", compiler="clang").curve[:10]) == 1.0


def test_an_unknown_profile_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="unknown profile 'lvm'") as caught:
        read_profile("lvm")
    assert "llvm" in caught.value.hint


# ---------------------------------------------------------------- ninjapool.toml

PATH = Path("ninjapool.toml")

WHOLE = """\
profile = "generic"
memory = "6G"
reserve = "10%"
cpus = 4

[pools]
link = 1

[[figures]]
class = "compile"
median = "700M"
p95 = "900M"
p99 = "1G"
max = "1.5G"
source = "our CI, 2026-10"

[[factor]]
class = "compile"
axis = "compiler"
times = 0.9
when = { compiler = "clang" }
source = "our CI, 2026-10"
"""


def test_the_users_file_is_understood_whole():
    config = parse_config(WHOLE, PATH)
    assert config.profile == "generic"
    assert config.settings["memory"].value == "6G"
    assert config.settings["memory"].source == "memory in ninjapool.toml:2"
    assert config.settings["link-jobs"].value == "1"
    assert config.rows is not None


def test_the_users_rows_win_over_the_profile():
    rows = parse_config(WHOLE, PATH).rows
    assert rows is not None
    profile = rows.over(read_profile("generic"))
    found = estimate(profile, project(llvm=False, compiler="clang"), cpus=8, only=["compile"])[0]
    assert found.distribution.median == int(700 * MIB * 0.9)
    assert "our CI" in found.source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("memory = = 1", r"ninjapool.toml:1: is not TOML"),
        ("a = 1\nb = [\n", r"ninjapool.toml.*is not TOML"),
        ("profile = 3", r"ninjapool.toml:1: profile: a text is needed"),
        ('\nmemroy = "6G"', r"ninjapool.toml:2: memroy: unknown"),
        ("[pools]\nlnk = 1", r"ninjapool.toml:2: lnk: unknown"),
        ("memory = true", r"memory: a number or a size"),
        (WHOLE.replace('p95 = "900M"', 'p95 = "9Q"'), r"ninjapool.toml:12: p95: not a size"),
        (WHOLE.replace('p95 = "900M"', 'p95 = "2G"'), r"median <= p95"),
        (WHOLE.replace("times = 0.9", "times = 0"), r"ninjapool.toml:20: times: must be above 0"),
        (WHOLE.replace("when = { compiler", "when = { compilr"), r"compilr: no such condition"),
        (WHOLE.replace('"compile"', '"compiel"'), r"no such class of jobs: 'compiel'"),
        ("figures = 3", "figures: must be an array of tables"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(text, message):
    with pytest.raises(FileError, match=message):
        parse_config(text, PATH)


def test_a_source_without_the_file_has_no_config(tmp_path):
    assert read_config(tmp_path) is None


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "ninjapool.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="not UTF-8"):
        read_config(tmp_path)


def test_a_profile_may_be_a_file_of_ones_own(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text('name = "ours"\ndate = "2026"\nextends = "llvm"\n')
    assert read_profile(str(path)).figures == read_profile("llvm").figures


@given(st.text(max_size=200))
def test_any_text_is_understood_or_refused(text):
    try:
        parse_config(text, PATH)
    except FileError as error:
        assert "ninjapool.toml" in str(error)
