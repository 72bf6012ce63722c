"""Every parser takes any text: the files of a broken machine never crash us."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool import probe
from ninjapool.errors import MachineError
from ninjapool.model import Machine
from ninjapool.probe.cgroup import parse_cgroup
from ninjapool.probe.cgroup_memory import headroom, parse_limit, reclaimable
from ninjapool.probe.container import parse_manager, parse_paths
from ninjapool.probe.cpus import parse_affinity, parse_cpu_list, parse_cpuinfo, parse_quota
from ninjapool.probe.limits import parse_limits
from ninjapool.probe.meminfo import available, host_limits, parse_meminfo
from ninjapool.probe.mounts import parse_mountinfo
from ninjapool.probe.oom import parse_oom_kill
from ninjapool.probe.overcommit import overcommit_of, parse_overcommit_mode
from ninjapool.probe.pressure import parse_pressure
from ninjapool.probe.swap import parse_swaps
from ninjapool.probe.text import printable, shortened, table, whole_number
from ninjapool.probe.wsl import parse_wsl, parse_wslconfig

PARSERS = [
    parse_affinity, parse_cgroup, parse_cpu_list, parse_cpuinfo, parse_limit, parse_limits,
    parse_manager, parse_meminfo, parse_mountinfo, parse_oom_kill, parse_overcommit_mode,
    parse_paths, parse_pressure, parse_quota, parse_swaps, parse_wsl, parse_wslconfig, printable,
    shortened, table, whole_number,
]  # fmt: skip

# Any text at all, and text made of what such files are made of, which gets further in.
WORDS = st.sampled_from(
    ["MemTotal:", "kB", "Max address space", "0::/", "memory", "cgroup2", " - ", "rw", "max",
     "-1", "0-3", "99999999999999999999", "some", "total=", "[wsl2]", "memory=", "/dev/zram0",
     "partition", "Cpus_allowed_list:\t", "processor\t:", "oom_kill", "\\040", "\\777", "\ufeff",
     "\n", "\n", " ", "\t", ",", "-", ":", "/", "..", "\0", "\udce9", "12", "٣", "²"]
)  # fmt: skip
TEXTS = st.text() | st.lists(WORDS, max_size=40).map("".join)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(text=TEXTS)
def test_no_text_is_a_crash(parse, text):
    parse(text)


@given(text=TEXTS)
def test_whatever_is_printed_is_printable(text):
    assert printable(text).isprintable()


@given(text=TEXTS)
def test_the_size_of_a_cpu_list_stays_in_reason(text):
    assert len(parse_cpu_list(text) or ()) <= 65536


SIZES = st.integers(0, 1 << 62)
ROWS = st.dictionaries(
    st.sampled_from(
        ["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "Shmem", "Hugetlb",
         "HugePages_Total", "Hugepagesize", "CommitLimit", "Committed_AS"]
    ),
    SIZES,
)  # fmt: skip
STAT = st.dictionaries(
    st.sampled_from(
        ["inactive_file", "active_file", "file_dirty", "file_writeback", "slab_reclaimable",
         "dirty", "total_inactive_file", "total_active_file", "total_dirty", "total_writeback"]
    ),
    SIZES,
)  # fmt: skip


@given(rows=ROWS, mode=st.sampled_from([0, 1, 2]))
def test_no_limit_of_the_host_is_below_its_headroom(rows, mode):
    assert (available(rows) or 0) >= 0
    for limit in host_limits(rows, overcommit_of(mode, rows)):
        assert limit.bytes > 0
        assert limit.headroom is None or 0 <= limit.headroom <= limit.bytes


@given(limit=SIZES, usage=SIZES, stat=STAT, version=st.sampled_from([1, 2]))
def test_headroom_of_a_group_is_between_nothing_and_its_limit(limit, usage, stat, version):
    free = reclaimable(version, stat)
    assert free >= 0
    assert max(0, limit - usage) <= headroom(limit, usage, free) <= limit


@given(files=st.dictionaries(
    st.sampled_from(
        ["proc/meminfo", "proc/self/status", "proc/self/limits", "proc/self/cgroup",
         "proc/self/mountinfo", "proc/swaps", "proc/cpuinfo", "proc/vmstat", "proc/version",
         "proc/sys/vm/overcommit_memory", "sys/fs/cgroup/memory.max", "sys/fs/cgroup/cpu.max",
         "sys/fs/cgroup/memory.current", "sys/fs/cgroup/cgroup.controllers",
         "sys/devices/system/cpu/online", "mnt/c/Users/user/.wslconfig"]
    ),
    st.binary(max_size=200) | TEXTS.map(lambda text: text.encode("utf-8", "surrogateescape")),
))  # fmt: skip
def test_no_broken_machine_is_a_crash(tmp_path_factory, files):
    root = tmp_path_factory.mktemp("machine")
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = look(root)
    assert found is None or all(note.isprintable() for note in found.notes)


def look(root: Path) -> Machine | None:
    try:
        probe.HeadroomReader(root).read()
        probe.oom_kills(root)
        probe.memory_stall(root)
        return probe.machine(root)
    except MachineError:
        return None
