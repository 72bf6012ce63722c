"""The host's own memory: meminfo, swap, overcommit, ulimit."""

import pytest

from ninjapool.model import Overcommit, Swap
from ninjapool.probe.limits import ADDRESS_SPACE, DATA_SEGMENT, parse_limits
from ninjapool.probe.meminfo import available, host_limits, parse_meminfo, read_meminfo
from ninjapool.probe.overcommit import overcommit_of, parse_overcommit_mode, read_overcommit
from ninjapool.probe.swap import parse_swaps, read_swap
from ninjapool.probe.tree import Tree
from ninjapool.units import GIB, KIB, MIB

MEMINFO = """\
MemTotal:        8000000 kB
MemFree:         1000000 kB
MemAvailable:    5000000 kB
Buffers:          100000 kB
Cached:          4000000 kB
Shmem:            500000 kB
SwapTotal:       2097148 kB
SwapFree:        1097148 kB
CommitLimit:     6097148 kB
Committed_AS:    4097148 kB
Active(anon):     123456 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
Hugetlb:               0 kB
"""

SWAPS = """\
Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
/dev/dm-2                               partition\t8126460\t\t1024\t\t-2
/swap\\040file                           file\t\t2097148\t\t0\t\t-3
"""


def without(text: str, *names: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.startswith(names))


def test_meminfo_is_in_bytes_and_counts_stay_counts():
    meminfo = parse_meminfo(MEMINFO)
    assert meminfo["MemTotal"] == 8000000 * KIB
    assert "Active(anon)" not in meminfo
    assert meminfo["HugePages_Total"] == 0


@pytest.mark.parametrize(
    "line",
    ["MemTotal: -1 kB", "MemTotal: many kB", "MemTotal:", "MemTotal 5 kB", "MemTotal: 5 kB extra"],
)
def test_a_line_of_nonsense_is_passed_over(line):
    assert parse_meminfo(line) == {}


def test_more_bytes_than_any_machine_has_are_nonsense():
    assert parse_meminfo("MemTotal: 9999999999999999 kB\n") == {}


def test_headroom_of_the_host_is_what_the_kernel_calls_available():
    (host,) = host_limits(parse_meminfo(MEMINFO), None)
    assert (host.name, host.source) == ("host RAM", "/proc/meminfo MemTotal")
    assert (host.bytes, host.headroom) == (8000000 * KIB, 5000000 * KIB)


def test_an_old_kernel_counts_free_and_cache_but_no_tmpfs():
    meminfo = parse_meminfo(without(MEMINFO, "MemAvailable"))
    assert available(meminfo) == (1000000 + 100000 + 4000000 - 500000) * KIB


def test_an_old_kernel_is_noted(recorded):
    tree = Tree(recorded({"/proc/meminfo": without(MEMINFO, "MemAvailable")}))
    assert read_meminfo(tree)["MemFree"] == 1000000 * KIB
    assert "estimated" in tree.notes[0]


def test_available_of_minus_one_is_estimated_too():
    text = MEMINFO.replace("MemAvailable:    5000000 kB", "MemAvailable:         -1 kB")
    assert available(parse_meminfo(text)) == 4600000 * KIB


def test_a_table_without_any_of_it_knows_no_headroom():
    (host,) = host_limits(parse_meminfo("MemTotal: 100 kB\n"), None)
    assert host.headroom is None


def test_more_available_than_there_is_counts_as_all_of_it():
    text = MEMINFO.replace("5000000", "9000000")
    (host,) = host_limits(parse_meminfo(text), None)
    assert host.headroom == host.bytes


def test_huge_pages_are_no_memory_for_a_compiler():
    text = MEMINFO.replace("Hugetlb:               0 kB", "Hugetlb:         3000000 kB")
    (host,) = host_limits(parse_meminfo(text), None)
    assert host.bytes == 5000000 * KIB
    assert host.source == "/proc/meminfo MemTotal less huge pages"


def test_huge_pages_of_a_kernel_without_hugetlb_are_multiplied():
    text = without(MEMINFO, "Hugetlb").replace(
        "HugePages_Total:       0", "HugePages_Total:     512"
    )
    (host,) = host_limits(parse_meminfo(text), None)
    assert host.bytes == 8000000 * KIB - 512 * 2 * MIB


@pytest.mark.parametrize("text", ["", "MemTotal: 0 kB\n", "\x00\x01"])
def test_a_host_that_does_not_tell_its_memory_is_noted(recorded, text):
    tree = Tree(recorded({"/proc/meminfo": text}))
    assert host_limits(read_meminfo(tree), None) == ()
    assert "not known" in tree.notes[0]


def test_a_missing_meminfo_is_noted(recorded):
    tree = Tree(recorded({}))
    assert read_meminfo(tree) == {}
    assert tree.notes == ("/proc/meminfo is missing: the host's memory is not known.",)


# ---------------------------------------------------------------- overcommit


def test_the_commit_limit_is_a_limit_in_mode_2():
    meminfo = parse_meminfo(MEMINFO)
    _, commit = host_limits(meminfo, overcommit_of(2, meminfo))
    assert commit.name == "commit limit (vm.overcommit_memory=2)"
    assert (commit.bytes, commit.headroom) == (6097148 * KIB, 2000000 * KIB)


@pytest.mark.parametrize("mode", [0, 1])
def test_the_commit_limit_is_none_in_other_modes(mode):
    meminfo = parse_meminfo(MEMINFO)
    overcommit = overcommit_of(mode, meminfo)
    assert overcommit == Overcommit(mode=mode, limit=None, committed=None)
    assert len(host_limits(meminfo, overcommit)) == 1


def test_more_committed_than_allowed_leaves_nothing():
    _, commit = host_limits(
        parse_meminfo(MEMINFO), Overcommit(mode=2, limit=GIB, committed=2 * GIB)
    )
    assert commit.headroom == 0


@pytest.mark.parametrize(("text", "mode"), [("0\n", 0), ("2", 2), ("3", None), ("", None)])
def test_overcommit_modes(text, mode):
    assert parse_overcommit_mode(text) == mode


def test_a_mode_that_is_none_is_noted(recorded):
    tree = Tree(recorded({"/proc/sys/vm/overcommit_memory": "often\n"}))
    assert read_overcommit(tree, {}) is None
    assert "not 0, 1 or 2" in tree.notes[0]


# ---------------------------------------------------------------- swap


def test_swap_areas_are_added_up():
    total = (8126460 + 2097148) * KIB
    assert parse_swaps(SWAPS) == Swap(total=total, free=total - 1024 * KIB, zram=False)


def test_no_swap_is_none():
    assert parse_swaps("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n") is None
    assert parse_swaps("") is None


def test_zram_is_told_from_a_disk():
    text = "/dev/zram0                              partition\t7990268\t\t0\t\t100\n"
    swap = parse_swaps(text)
    assert swap is not None
    assert swap.zram


def test_hidden_swaps_are_learned_from_meminfo(recorded):
    tree = Tree(recorded({"/sys/block/zram0/disksize": "8181055488\n"}))
    swap = read_swap(tree, parse_meminfo(MEMINFO))
    assert swap == Swap(total=2097148 * KIB, free=1097148 * KIB, zram=True)


def test_an_idle_zram_device_is_no_swap(recorded):
    tree = Tree(recorded({"/sys/block/zram0/disksize": "0\n", "/sys/block/vda/size": "1\n"}))
    swap = read_swap(tree, parse_meminfo(MEMINFO))
    assert swap is not None
    assert not swap.zram
    assert read_swap(tree, {}) is None


# ---------------------------------------------------------------- ulimit

LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max data size             2147483648           unlimited            bytes
Max resident set          unlimited            unlimited            bytes
Max address space         4294967296           8589934592           bytes
Max realtime timeout      unlimited            unlimited            us
"""


def test_the_soft_limit_of_each_process_counts():
    limits = {limit.name: limit.bytes for limit in parse_limits(LIMITS)}
    assert limits == {ADDRESS_SPACE: 4 * GIB, DATA_SEGMENT: 2 * GIB}


@pytest.mark.parametrize("size", ["unlimited", "0", "-1", "18446744073709551615", "much"])
def test_no_limit_and_nonsense_are_left_out(size):
    text = LIMITS.replace("4294967296", size.ljust(10))
    assert [limit.name for limit in parse_limits(text)] == [DATA_SEGMENT]
