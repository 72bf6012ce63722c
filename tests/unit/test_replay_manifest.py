from pathlib import Path

from examples.replay.manifest import ninja_text
from examples.replay.traces import MIB, Edge, Kind, Trace


def edge(output: str, kind: Kind, *inputs: str) -> Edge:
    return Edge(
        output=output, kind=kind, peak=3 * MIB, seconds=0.25, curve="rise", inputs=tuple(inputs)
    )


BUILD = Trace(
    name="small",
    source="invented",
    edges=(
        edge("a.o", "compile"),
        edge("liba.a", "archive", "a.o"),
        edge("A.inc", "tablegen"),
        edge("bin/a", "link", "liba.a", "A.inc"),
    ),
    curves={"rise": (0.0, 0.5, 1.0)},
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
    assert section(made, "build a.o: CXX_COMPILER") == [
        "build a.o: CXX_COMPILER__replay_Release",
        f"peak = {3 * MIB}",
        "seconds = 0.2500",
        "curve = $curve0",
        "source = a",
    ]
    assert "curve0 = 0,0.5,1" in made


def test_an_edge_waits_for_its_inputs() -> None:
    line = section(text(), "build bin/a")[0]
    assert line == "build bin/a: CXX_EXECUTABLE_LINKER__replay_Release || liba.a A.inc"


def test_commands_look_like_those_of_the_tools_they_stand_for() -> None:
    made = text()
    assert "command = /p/g++ -o $out -c $source -m $peak -s $seconds -r $curve" in made
    assert "command = /p/ar qc $out -m $peak -s $seconds -r $curve" in made
    assert "command = /p/llvm-tblgen -o $out -m $peak -s $seconds -r $curve" in made


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
