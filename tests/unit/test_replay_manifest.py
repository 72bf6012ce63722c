from dataclasses import replace
from pathlib import Path

from examples.replay.manifest import ninja_text, write_sources
from ninjapool.govern.trace import Trace, TraceJob
from ninjapool.model import JobClass
from ninjapool.units import MIB

RISE = (0.0, 0.5, 1.0)


def job(name: str, job_class: JobClass, *needs: str, size: int | None = None) -> TraceJob:
    return TraceJob(
        name=name,
        job_class=job_class,
        peak=3 * MIB,
        seconds=0.25,
        curve=RISE,
        needs=needs,
        size=size,
    )


BUILD = Trace(
    name="small",
    source="invented",
    jobs=(
        job("lib/a.o", "compile", size=12345),
        job("liba.a", "archive", "lib/a.o"),
        job("A.inc", "tablegen"),
        job("bin/a", "link", "liba.a", "A.inc"),
    ),
)


def text(**pools: int) -> str:
    return ninja_text(BUILD, programs=Path("/p"), pools={**pools})  # type: ignore[dict-item]


def section(made: str, head: str) -> list[str]:
    lines = made.splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith(head))
    end = next(
        (i for i in range(begin + 1, len(lines)) if not lines[i].startswith(" ")), len(lines)
    )
    return [line.strip() for line in lines[begin:end]]


def test_an_edge_carries_what_it_holds_for_how_long_and_its_curve() -> None:
    made = text()
    assert section(made, "build lib/a.o: CXX_COMPILER") == [
        "build lib/a.o: CXX_COMPILER__replay_Release",
        f"peak = {3 * MIB}",
        "seconds = 0.2500",
        "curve = $curve0",
        "source = lib/a",
    ]
    assert "curve0 = 0,0.5,1" in made


def test_an_edge_waits_for_what_it_needs() -> None:
    line = section(text(), "build bin/a")[0]
    assert line == "build bin/a: CXX_EXECUTABLE_LINKER__replay_Release || liba.a A.inc"


def test_commands_look_like_those_of_the_tools_they_stand_for() -> None:
    made = text()
    assert "command = /p/g++ -o $out -c $source -m $peak -s $seconds -r $curve" in made
    assert "command = /p/ar qc $out -m $peak -s $seconds -r $curve" in made
    assert "command = /p/llvm-tblgen -o $out -m $peak -s $seconds -r $curve" in made


def test_jobs_of_one_curve_share_a_variable_and_others_have_their_own() -> None:
    other = replace(BUILD.jobs[1], curve=(1.0, 1.0))
    made = ninja_text(
        replace(BUILD, jobs=(BUILD.jobs[0], other, *BUILD.jobs[2:])), programs=Path("/p")
    )
    assert [line for line in made.splitlines() if line.startswith("curve")] == [
        "curve0 = 0,0.5,1",
        "curve1 = 1,1",
    ]
    assert "curve = $curve1" in section(made, "build liba.a")
    assert "curve = $curve0" in section(made, "build A.inc")


def test_sources_lie_where_the_commands_name_them_and_have_their_size(tmp_path) -> None:
    write_sources(BUILD, tmp_path)
    files = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {tmp_path / "lib" / "a": 12345}


def test_without_pools_there_are_none() -> None:
    assert "pool" not in text()


def test_a_pool_holds_the_edges_of_its_class() -> None:
    made = text(compile=3)
    assert section(made, "pool ") == ["pool compile_job_pool", "depth = 3"]
    assert "pool = compile_job_pool" in section(made, "rule CXX_COMPILER")
    assert "pool = compile_job_pool" not in section(made, "rule CXX_EXECUTABLE")


def test_archives_share_the_link_pool_as_cmake_has_it() -> None:
    made = text(link=2)
    assert "pool = link_job_pool" in section(made, "rule CXX_STATIC_LIBRARY")
    own = text(link=2, archive=4)
    assert "pool = archive_job_pool" in section(own, "rule CXX_STATIC_LIBRARY")


def test_a_command_of_the_projects_own_is_replayed_too() -> None:
    made = ninja_text(
        Trace(name="small", source="invented", jobs=(job("version.h", "other"),)),
        programs=Path("/p"),
    )
    assert "build version.h: CUSTOM_COMMAND__generate" in made
    assert "command = /p/generate -o $out -m $peak -s $seconds -r $curve" in made
