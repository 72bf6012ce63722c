"""How many CPUs there are for a build."""

from pathlib import Path

import pytest

from ninjapool.probe.cgroup import read_chains
from ninjapool.probe.cpus import (
    parse_affinity,
    parse_cpu_list,
    parse_cpuinfo,
    parse_quota,
    read_cpu_limits,
)
from ninjapool.probe.mounts import read_mounts
from ninjapool.probe.tree import Tree

ONLINE = "/sys/devices/system/cpu/online"
STATUS = "Cpus_allowed:\tff\nCpus_allowed_list:\t{}\nMems_allowed_list:\t0\n"
V2 = "34 24 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1 = "35 24 0:29 / /sys/fs/cgroup/{0} rw - cgroup cgroup rw,{0}\n"


def cpus(root: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    tree = Tree(root)
    limits = read_cpu_limits(tree, read_chains(tree, read_mounts(tree)))
    return {limit.name: limit.cpus for limit in limits}, tree.notes


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0-3\n", {0, 1, 2, 3}),
        ("0", {0}),
        ("0-1,8,10-11", {0, 1, 8, 10, 11}),
        ("", None),
        ("3-1", None),
        ("0-", None),
        ("0-99999999999", None),
        ("a-b", None),
        ("0,,1", None),
    ],
)
def test_cpu_lists(text, numbers):
    assert parse_cpu_list(text) == numbers


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("processor\t: 0\nmodel name\t: x\n\nprocessor\t: 1\n", 2),  # x86, Arm, RISC-V
        ("# processors    : 2\nprocessor 0: version = FF\nprocessor 1: version = FF\n", 2),  # s390
        ("Processor\t: ARMv7\n", None),
        ("", None),
    ],
)
def test_processors_of_cpuinfo(text, count):
    assert parse_cpuinfo(text) == count


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("max 100000\n", (0, 0)),
        ("250000 100000\n", (250000, 100000)),
        ("-1 100000", (0, 0)),
        ("100000 0", None),
        ("100000", None),
        ("0 100000", None),
        ("", None),
    ],
)
def test_quotas(text, quota):
    assert parse_quota(text) == quota


def test_affinity_is_the_list_of_the_process():
    assert parse_affinity(STATUS.format("2-3,6")) == frozenset({2, 3, 6})
    assert parse_affinity("Cpus_allowed:\tff\n") is None


def test_affinity_narrows_what_is_online(recorded):
    found, notes = cpus(recorded({ONLINE: "0-7\n", "/proc/self/status": STATUS.format("0")}))
    assert found == {"online CPUs": 8, "CPU affinity": 1}
    assert notes == ()


def test_cpus_that_could_be_plugged_in_do_not_count(recorded):
    found, _ = cpus(recorded({ONLINE: "0-3\n", "/proc/self/status": STATUS.format("0-127")}))
    assert found == {"online CPUs": 4, "CPU affinity": 4}


def test_cpuinfo_counts_where_sys_is_hidden(recorded):
    found, _ = cpus(
        recorded({"/proc/cpuinfo": "processor\t: 0\n", "/proc/self/status": STATUS.format("0")})
    )
    assert found["online CPUs"] == 1


def test_what_is_not_known_is_noted(recorded):
    found, notes = cpus(recorded({ONLINE: "x"}))
    assert found == {}
    assert len(notes) == 2


def test_the_lowest_quota_of_all_ancestors_is_rounded_up(recorded):
    found, _ = cpus(
        recorded(
            {
                ONLINE: "0-7\n",
                "/proc/self/status": STATUS.format("0-7"),
                "/proc/self/mountinfo": V2,
                "/proc/self/cgroup": "0::/a/b\n",
                "/sys/fs/cgroup/a/cpu.max": "250000 100000\n",
                "/sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
            }
        )
    )
    assert found["cgroup quota /a (cpu.max 250000/100000)"] == 3
    assert found["cgroup quota /a/b (cpu.max 400000/100000)"] == 4


def test_v1_keeps_quota_and_period_in_two_files(recorded):
    found, notes = cpus(
        recorded(
            {
                ONLINE: "0-7\n",
                "/proc/self/status": STATUS.format("0-7"),
                "/proc/self/mountinfo": V1.format("cpu"),
                "/proc/self/cgroup": "3:cpu:/a\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "50000\n",
                "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            }
        )
    )
    assert found == {
        "online CPUs": 8,
        "CPU affinity": 8,
        "cgroup quota /a (cpu.cfs_quota_us 50000/100000)": 1,
    }
    assert notes == ()


def test_a_quota_of_nonsense_is_noted(recorded):
    found, notes = cpus(
        recorded(
            {
                ONLINE: "0-1\n",
                "/proc/self/status": STATUS.format("0-1"),
                "/proc/self/mountinfo": V2,
                "/proc/self/cgroup": "0::/\n",
                "/sys/fs/cgroup/cpu.max": "some\n",
            }
        )
    )
    assert min(found.values()) == 2
    assert notes == ("/sys/fs/cgroup/cpu.max is no CPU quota and is left out.",)


def test_a_cpuset_counts_where_it_narrows(recorded):
    found, _ = cpus(
        recorded(
            {
                ONLINE: "0-7\n",
                "/proc/self/status": STATUS.format("2-3"),
                "/proc/self/mountinfo": V2,
                "/proc/self/cgroup": "0::/a/b/c\n",
                "/sys/fs/cgroup/cpuset.cpus.effective": "0-7\n",
                "/sys/fs/cgroup/a/cpuset.cpus.effective": "2-5\n",
                "/sys/fs/cgroup/a/b/cpuset.cpus.effective": "2-5\n",
                "/sys/fs/cgroup/a/b/c/cpuset.cpus.effective": "2-3\n",
            }
        )
    )
    assert found == {"online CPUs": 8, "cpuset /a": 4, "cpuset /a/b/c": 2, "CPU affinity": 2}


def test_v1_cpusets_without_effective_files_are_read_as_asked_for(recorded):
    found, _ = cpus(
        recorded(
            {
                ONLINE: "0-7\n",
                "/proc/self/status": STATUS.format("0-7"),
                "/proc/self/mountinfo": V1.format("cpuset"),
                "/proc/self/cgroup": "3:cpuset:/a\n",
                "/sys/fs/cgroup/cpuset/cpuset.cpus": "0-7\n",
                "/sys/fs/cgroup/cpuset/a/cpuset.effective_cpus": "\n",
                "/sys/fs/cgroup/cpuset/a/cpuset.cpus": "6-7\n",
            }
        )
    )
    assert found["cpuset /a"] == 2
