"""Who a job is, what is known of it, and what is kept of what it took."""

from pathlib import Path

import pytest

from ninjapool.govern.chronicle import Chronicle
from ninjapool.govern.contract import Kill
from ninjapool.govern.identify import identify, program
from ninjapool.govern.procfs import Stat
from ninjapool.govern.remains import last_written
from ninjapool.govern.watched import Process, Watched
from ninjapool.history.book import Book
from ninjapool.history.entry import noise
from ninjapool.history.signature import Roots
from ninjapool.model import Forecast
from ninjapool.units import MIB

GUESS = Forecast(peak=MIB, peak_spread=0.5, seconds=1.0, seconds_spread=0.5, curve=(1.0,))


class World:
    """A source tree whose jobs begin and end as they are told."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state" / "x.sqlite"
        self.source = folder / "src"
        self.source.mkdir()
        self.build = self.source / "b"
        self.said: list[str] = []
        self.start()

    def start(self, build: str = "b") -> Chronicle:
        """The next build."""
        self.build = self.source / build
        self.build.mkdir(exist_ok=True)
        roots = Roots(build=str(self.build), source=str(self.source))
        self.book = Book(self.state, self.said.append)
        self.chronicle = Chronicle(self.book, roots, lambda: 1_800_000_000)
        return self.chronicle

    def begin(self, command: str) -> Watched:
        identity = identify(["/bin/sh", "-c", command], str(self.build), str(self.build))
        leader = Process(9, Stat(b"sh", b"S", 1, 9, 1, 0.0, 1, 1, 0), None, 0.0, 0.0)
        job = Watched(
            id=1,
            leader=leader,
            driver=7,
            identity=identity,
            own_group=True,
            can_stop=True,
            born=0.0,
            words=["/bin/sh", "-c", command],
            output_before=last_written(identity.output),
        )
        self.chronicle.begin(job)
        return job

    def run(self, command: str, peak: int = 100 * MIB, *, writes: bool = True) -> None:
        job = self.begin(command)
        if writes and job.identity.output:
            path = Path(job.identity.output)
            path.unlink(missing_ok=True)
            path.write_text(f"{peak}")
        job.peak, job.used = peak, 2.0
        job.trail.add(2.0, peak)
        self.chronicle.end(job, GUESS, 2.0, complete=True)

    def compile(self, name="a", flags="-O3"):
        return f"/usr/bin/g++ {flags} -I{self.source} -o {name}.o -c {self.source}/{name}.cpp"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def known(world, command):
    job = world.begin(command)
    found = world.chronicle.forecast(job.identity.key)
    return found.peak if found else None


def test_the_next_build_knows_what_this_one_has_shown(world):
    world.run(world.compile())
    assert known(world, world.compile()) is None  # a build is forecast by those before it
    world.chronicle.close()
    world.start()
    assert known(world, world.compile()) == 100 * MIB


def test_a_build_directory_that_was_renamed_is_known(world):
    world.run(world.compile())
    world.chronicle.close()
    world.start("renamed")
    job = world.begin(world.compile())
    found = world.chronicle.forecast(job.identity.key)
    assert found is not None
    assert found.peak_spread == noise(2.0)  # it is the very same command


def test_what_failed_is_not_kept(world):
    world.run(world.compile(), writes=False)
    world.chronicle.close()
    world.start()
    assert known(world, world.compile()) is None


def test_debug_and_release_are_kept_apart_but_tell_of_each_other(world):
    world.run(world.compile(), 100 * MIB)
    world.run(world.compile(flags="-O0 -g"), 300 * MIB)
    world.chronicle.close()
    chronicle = world.start()
    assert known(world, world.compile()) == 100 * MIB
    assert known(world, world.compile(flags="-O0 -g")) == 300 * MIB
    assert known(world, world.compile(flags="-Og")) is None
    assert chronicle.kin("a.o") is not None


def test_another_release_of_the_compiler_makes_a_past_that_of_a_kin(world, tmp_path):
    compiler = tmp_path / "g++"
    command = world.compile().replace("/usr/bin/g++", str(compiler))
    for release in ("12", "13.1"):
        compiler.write_text(release)
        world.run(command)
        world.chronicle.close()
        world.start()
    assert known(world, command) == 100 * MIB
    compiler.write_text("14.1.0")
    chronicle = world.start()
    assert known(world, command) is None
    assert chronicle.kin("a.o") == (100 * MIB, 2.0)


def test_a_generator_that_is_built_anew_each_time_keeps_its_past(world, tmp_path):
    command = f"{tmp_path}/llvm-tblgen -gen-x -o x.inc"
    for build in ("first", "second, and longer"):
        (tmp_path / "llvm-tblgen").write_text(build)
        world.run(command)
        world.chronicle.close()
        world.start()
    assert known(world, command) == 100 * MIB


def test_a_hit_of_a_compiler_cache_is_no_compile(world):
    command = f"ccache {world.compile()}"
    world.run(command, 100 * MIB)
    job = world.begin(command)
    Path(job.identity.output or "").write_text("a hit")
    job.peak, job.used = 5 * MIB, 0.02
    world.chronicle.end(job, GUESS, 0.02, complete=True)
    world.chronicle.close()
    world.start()
    assert known(world, command) == 100 * MIB


def test_a_job_that_was_killed_and_not_run_again_is_known_to_need_more(world):
    job = world.begin(world.compile())
    kill = Kill(key=job.identity.key, job_class="compile", by="kernel", peak=900 * MIB,
                alone=True, fate="too big")  # fmt: skip
    world.chronicle.close([kill])
    world.start()
    peak = known(world, world.compile())
    assert peak is not None
    assert peak > 900 * MIB


def test_a_link_is_known_by_the_bytes_that_it_reads(world):
    (world.build / "a.o").write_bytes(b"x" * 1000)
    (world.build / "lib.a").write_bytes(b"x" * 500)
    (world.build / "more.o").write_bytes(b"x" * 30)
    (world.build / "x.rsp").write_text("more.o none.o")
    job = world.begin("/usr/bin/g++ a.o lib.a @x.rsp -o prog")
    assert job.identity.job_class == "link"
    assert job.source_size == 1530


def test_a_link_under_other_flags_is_known_by_the_bytes_that_it_reads(world):
    for size, flags in ((1000, "-O3"), (9000, "-O0 -g")):
        (world.build / "a.o").write_bytes(b"x" * size)
        command = f"/usr/bin/g++ {flags} a.o -o prog"
        if size == 1000:
            world.run(command, 100 * MIB)
            world.chronicle.close()
            world.start()
        else:
            world.begin(command)
    kin = world.chronicle.kin("prog")
    assert kin is not None
    assert 300 * MIB < kin[0] < 900 * MIB


def test_the_words_of_a_job_are_not_kept(world):
    assert world.begin(world.compile()).words == ()


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (": && /usr/bin/c++ -O3 a.o -o a && :", "/usr/bin/c++"),
        ("cd /x && ccache /opt/g++ -c a.cpp", "/opt/g++"),
        ("rm -f liba.a && /usr/bin/ar qc liba.a a.o", "/usr/bin/ar"),
        ("python3 gen.py", "python3"),
        ("X=1 ./llvm-tblgen -o x.inc", "./llvm-tblgen"),
        ("", None),
    ],
)
def test_the_program_of_a_command_is_the_one_that_tells_its_class(command, wanted):
    assert program(command) == wanted
