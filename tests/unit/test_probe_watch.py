"""What is read again and again: headroom, kernel kills, stalls."""

import pytest

from ninjapool.probe import HeadroomReader, OomKills, Stall, memory_stall, oom_kills
from ninjapool.probe.kept import KeptFile
from ninjapool.probe.oom import parse_oom_kill
from ninjapool.probe.pressure import parse_pressure
from ninjapool.units import GIB, KIB, MIB

MEMINFO = "MemTotal: 8388608 kB\nMemAvailable: {} kB\nCommitLimit: 100 kB\nCommitted_AS: 60 kB\n"
V2 = "34 24 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1 = "35 24 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
GROUP = "/sys/fs/cgroup/a"


def machine(
    limit: int = 2 * GIB, usage: int = GIB, stat: str = "", available: int = 4 * GIB
) -> dict[str, str]:
    return {
        "/proc/meminfo": MEMINFO.format(available // KIB),
        "/proc/self/mountinfo": V2,
        "/proc/self/cgroup": "0::/a\n",
        f"{GROUP}/memory.max": f"{limit}\n",
        f"{GROUP}/memory.high": "max\n",
        f"{GROUP}/memory.current": f"{usage}\n",
        f"{GROUP}/memory.stat": stat,
    }


def test_the_tightest_of_host_and_groups_is_read(recorded):
    reader = HeadroomReader(recorded(machine()))
    assert reader.read() == GIB
    recorded({"/proc/meminfo": MEMINFO.format(300 * 1024)})
    assert reader.read() == 300 * MIB


def test_every_read_is_fresh(recorded):
    reader = HeadroomReader(recorded(machine()))
    assert reader.read() == GIB
    recorded({f"{GROUP}/memory.current": f"{GIB + 100 * MIB}\n"})
    assert reader.read() == GIB - 100 * MIB
    recorded({f"{GROUP}/memory.stat": f"inactive_file {40 * MIB}\n"})
    assert reader.read() == GIB - 60 * MIB
    recorded({f"{GROUP}/memory.max": f"{3 * GIB}\n"})
    assert reader.read() == 2 * GIB - 60 * MIB
    reader.close()


def test_a_limit_that_is_lifted_counts_no_more(recorded):
    reader = HeadroomReader(recorded(machine()))
    recorded({f"{GROUP}/memory.max": "max\n"})
    assert reader.read() == 4 * GIB


def test_page_cache_does_not_take_headroom(recorded):
    reader = HeadroomReader(recorded(machine(usage=GIB)))
    recorded(machine(usage=GIB + 500 * MIB, stat=f"active_file {500 * MIB}\n"))
    assert reader.read() == GIB


def test_a_file_that_vanishes_leaves_the_other_limits(recorded):
    root = recorded(machine())
    reader = HeadroomReader(root)
    assert reader.read() == GIB
    reader.close()
    (root / GROUP.lstrip("/") / "memory.current").unlink()
    assert reader.read() == 4 * GIB


def test_nothing_left_to_read_is_none(recorded):
    root = recorded(machine())
    reader = HeadroomReader(root)
    for name in ("proc/meminfo", f"{GROUP[1:]}/memory.max"):
        (root / name).unlink()
    assert reader.read() is None


def test_a_strict_commit_limit_is_a_limit(recorded):
    root = recorded({**machine(), "/proc/sys/vm/overcommit_memory": "2\n"})
    assert HeadroomReader(root).read() == 40 * KIB


def test_the_groups_of_another_process_count(recorded):
    root = recorded(
        {
            **machine(),
            "/proc/77/cgroup": "0::/b\n",
            "/sys/fs/cgroup/b/memory.max": f"{64 * MIB}\n",
            "/sys/fs/cgroup/b/memory.current": "0\n",
        }
    )
    assert HeadroomReader(root, pid=77).read() == 64 * MIB


def test_a_limit_above_a_v1_container_is_watched(recorded):
    stat = f"hierarchical_memory_limit {GIB}\n"
    root = recorded(
        {
            "/proc/meminfo": MEMINFO.format(4 * GIB // KIB),
            "/proc/self/mountinfo": V1,
            "/proc/self/cgroup": "4:memory:/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": f"{900 * MIB}\n",
            "/sys/fs/cgroup/memory/memory.stat": stat,
        }
    )
    assert HeadroomReader(root).read() == 124 * MIB


def test_a_kept_file_is_found_again_when_it_comes_back(tmp_path):
    path = tmp_path / "x"
    kept = KeptFile(path)
    assert kept.text() is None
    path.write_text("one")
    assert kept.text() == "one"
    path.write_text("three")
    assert kept.text() == "three"
    kept.close()
    kept.close()
    assert kept.text() == "three"
    assert KeptFile(None).text() is None


# ---------------------------------------------------------------- kills


def test_v2_counts_the_kills_of_its_group(recorded):
    root = recorded(
        {
            **machine(),
            f"{GROUP}/memory.events": "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 0\n",
            "/proc/vmstat": "pgfault 7\noom_kill 11\n",
        }
    )
    assert oom_kills(root) == OomKills(cgroup=2, machine=11)


def test_v1_counts_the_kills_of_its_group(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V1 + V2,
            "/proc/self/cgroup": "4:memory:/a\n0::/\n",
            "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill 9\n",
            "/sys/fs/cgroup/memory/a/memory.oom_control": (
                "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"
            ),
        }
    )
    assert oom_kills(root) == OomKills(cgroup=4, machine=None)


def test_a_machine_that_counts_nothing_knows_no_kills(recorded):
    assert oom_kills(recorded({"/proc/vmstat": "pgfault 7\n"})) == OomKills(
        cgroup=None, machine=None
    )
    assert parse_oom_kill("oom_kill\noom_kill x\n") is None


@pytest.mark.parametrize(
    ("before", "after", "kills"),
    [
        ((1, 10), (3, 19), 2),
        ((None, 10), (None, 12), 2),
        ((1, None), (None, 12), None),
        ((None, None), (None, None), None),
    ],
)
def test_kills_since_are_our_cgroups_where_it_counts(before, after, kills):
    then, now = (OomKills(cgroup=pair[0], machine=pair[1]) for pair in (before, after))
    assert now.since(then) == kills


# ---------------------------------------------------------------- stalls

PSI = """\
some avg10=0.00 avg60=0.12 avg300=0.00 total=312044
full avg10=0.00 avg60=0.00 avg300=0.00 total=280113
"""


def test_stalls_are_in_microseconds():
    assert parse_pressure(PSI) == Stall(some=312044, full=280113)
    assert parse_pressure(PSI.partition("\n")[0]) == Stall(some=312044, full=None)


@pytest.mark.parametrize("text", ["", "some total=\n", "full avg10=0.00 total=5\n", "\x00"])
def test_no_stall_can_be_told_from_nonsense(text):
    assert parse_pressure(text) is None


def test_stalls_of_our_own_group_come_before_the_machines(recorded):
    root = recorded({**machine(), "/proc/pressure/memory": PSI})
    assert memory_stall(root) == Stall(some=312044, full=280113)
    recorded({f"{GROUP}/memory.pressure": PSI.replace("312044", "7")})
    assert memory_stall(root) == Stall(some=7, full=280113)
