"""Which cgroups there are above us, what they limit, and what is free under them."""

from pathlib import Path

import pytest

from ninjapool.model import MemoryLimit
from ninjapool.probe.cgroup import CONTROLLERS, Chain, Controller, parse_cgroup, read_chains
from ninjapool.probe.cgroup_memory import (
    headroom,
    note_swap_limits,
    parse_limit,
    read_memory_limits,
    reclaimable,
)
from ninjapool.probe.mounts import Mount, parse_mountinfo, read_mounts
from ninjapool.probe.text import ABSURD
from ninjapool.probe.tree import Tree
from ninjapool.units import GIB, MIB

V2 = "34 24 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = "36 32 0:33 {root} /sys/fs/cgroup/memory rw master:9 - cgroup cgroup rw,memory\n"
UNLIMITED = 9223372036854771712


def chain(root: Path, controller: Controller = "memory", pid: int | None = None) -> Chain:
    tree = Tree(root)
    return read_chains(tree, read_mounts(tree), pid)[controller]


def limits(root: Path) -> tuple[tuple[MemoryLimit, ...], tuple[str, ...]]:
    tree = Tree(root)
    groups = read_chains(tree, read_mounts(tree))["memory"]
    return read_memory_limits(tree, groups), tree.notes


def v1_group(
    folder: str, limit: int, *, usage: int = MIB, stat: str = "", hierarchy: int = 1
) -> dict[str, str]:
    return {
        f"{folder}/memory.limit_in_bytes": f"{limit}\n",
        f"{folder}/memory.usage_in_bytes": f"{usage}\n",
        f"{folder}/memory.stat": stat,
        f"{folder}/memory.use_hierarchy": f"{hierarchy}\n",
    }


def v2_group(folder: str, limit: int, high: int | str = "max") -> dict[str, str]:
    return {
        f"{folder}/memory.max": f"{limit}\n",
        f"{folder}/memory.high": f"{high}\n",
        f"{folder}/memory.current": f"{MIB}\n",
        f"{folder}/memory.stat": "",
    }


# ---------------------------------------------------------------- mounts


def test_a_line_of_mountinfo_with_optional_fields():
    assert parse_mountinfo(V2) == (
        Mount(
            root="/",
            point="/sys/fs/cgroup",
            kind="cgroup2",
            source="cgroup2",
            options=frozenset({"rw", "nsdelegate"}),
        ),
    )


def test_blanks_and_backslashes_in_names_are_undone():
    line = "99 73 0:67 / /mnt/my\\040disk rw,noatime - 9p C:\\134 rw,aname=drvfs\n"
    (mount,) = parse_mountinfo(line)
    assert (mount.point, mount.source) == ("/mnt/my disk", "C:\\")


def test_a_later_mount_hides_an_earlier_one_at_the_same_point():
    text = "1 0 0:1 / /tmp rw - ext4 /dev/a rw\n2 1 0:2 / /tmp rw - tmpfs tmpfs rw\n"
    assert [mount.kind for mount in parse_mountinfo(text)] == ["tmpfs"]


@pytest.mark.parametrize("line", ["", "garbage", "1 2 3 4 5 6", " - ", "1 2 3 - a b c"])
def test_a_line_that_is_no_mount_is_passed_over(line):
    assert parse_mountinfo(line) == ()


# ---------------------------------------------------------------- where we are


def test_paths_by_controller_keep_their_colons_and_lose_the_deleted_mark():
    text = "4:cpu,cpuacct:/a:b\n1:name=systemd:/x\n0::/user.slice/old.scope (deleted)\n"
    assert parse_cgroup(text) == {
        "cpu": "/a:b",
        "cpuacct": "/a:b",
        "name=systemd": "/x",
        "": "/user.slice/old.scope",
    }


def test_v2_groups_are_listed_from_the_top_down(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/a.slice/b.scope\n",
            "/sys/fs/cgroup/a.slice/b.scope/cgroup.procs": "",
        }
    )
    assert [(group.name, group.folder) for group in chain(root)] == [
        ("/", "/sys/fs/cgroup"),
        ("/a.slice", "/sys/fs/cgroup/a.slice"),
        ("/a.slice/b.scope", "/sys/fs/cgroup/a.slice/b.scope"),
    ]


def test_a_container_without_a_namespace_sees_its_own_group_at_the_mount(recorded):
    path = "/docker/" + "ab" * 32
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root=path),
            "/proc/self/cgroup": f"4:memory:{path}\n",
            "/sys/fs/cgroup/memory/cgroup.procs": "",
        }
    )
    (group,) = chain(root)
    assert (group.name, group.version) == ("/docker/abababababab", 1)
    assert Tree(root).notes == ()


def test_a_group_made_inside_of_a_container_is_below_its_mount(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root="/docker/x"),
            "/proc/self/cgroup": "4:memory:/docker/x/build\n",
            "/sys/fs/cgroup/memory/build/cgroup.procs": "",
        }
    )
    assert [group.name for group in chain(root)] == ["/docker/x", "/docker/x/build"]


def test_a_path_that_is_not_there_is_followed_as_far_as_it_is(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/a/b/c\n",
            "/sys/fs/cgroup/a/cgroup.procs": "",
        }
    )
    tree = Tree(root)
    groups = read_chains(tree, read_mounts(tree))["memory"]
    assert [group.name for group in groups] == ["/", "/a"]
    assert tree.notes == ("cgroup /a/b cannot be seen at /sys/fs/cgroup/a/b.",)


@pytest.mark.parametrize(
    ("mounted", "path"), [("/..", "/"), ("/other", "/mine"), ("/", "/../sibling")]
)
def test_a_mount_that_does_not_show_us_is_still_a_limit_but_noted(recorded, mounted, path):
    root = recorded(
        {
            "/proc/self/mountinfo": V2.replace(" / /sys", f" {mounted} /sys"),
            "/proc/self/cgroup": f"0::{path}\n",
            "/sys/fs/cgroup/cgroup.procs": "",
        }
    )
    tree = Tree(root)
    assert [group.folder for group in read_chains(tree, read_mounts(tree))["memory"]] == [
        "/sys/fs/cgroup"
    ]
    assert "only the limits of the mounted group" in tree.notes[0]


def test_of_several_mounts_the_one_that_shows_most_is_read(recorded):
    wide = V2.replace("/sys/fs/cgroup", "/host/cgroup")
    narrow = V2.replace(" / /sys", " /a /sys")
    root = recorded(
        {
            "/proc/self/mountinfo": narrow + wide,
            "/proc/self/cgroup": "0::/a\n",
            "/sys/fs/cgroup/cgroup.procs": "",
            "/host/cgroup/a/cgroup.procs": "",
        }
    )
    assert [group.folder for group in chain(root)] == ["/host/cgroup", "/host/cgroup/a"]


def test_a_hybrid_has_groups_of_both_versions(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root="/") + V2.replace("cgroup rw", "cgroup/uni rw"),
            "/proc/self/cgroup": "4:memory:/m\n0::/u\n",
            "/sys/fs/cgroup/memory/m/cgroup.procs": "",
            "/sys/fs/cgroup/uni/u/cgroup.procs": "",
        }
    )
    assert [(group.version, group.name) for group in chain(root)] == [
        (2, "/"),
        (2, "/u"),
        (1, "/"),
        (1, "/m"),
    ]
    assert [group.version for group in chain(root, "cpu")] == [2, 2]


def test_without_mountinfo_the_usual_places_are_tried(recorded):
    root = recorded(
        {
            "/proc/self/cgroup": "4:memory:/\n0::/u\n",
            "/sys/fs/cgroup/memory/cgroup.procs": "",
            "/sys/fs/cgroup/unified/cgroup.controllers": "",
            "/sys/fs/cgroup/unified/u/cgroup.procs": "",
        }
    )
    assert [group.folder for group in chain(root)] == [
        "/sys/fs/cgroup/unified",
        "/sys/fs/cgroup/unified/u",
        "/sys/fs/cgroup/memory",
    ]


def test_another_process_has_groups_of_its_own(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/a\n",
            "/proc/77/cgroup": "0::/b\n",
            "/sys/fs/cgroup/a/cgroup.procs": "",
            "/sys/fs/cgroup/b/cgroup.procs": "",
        }
    )
    assert [group.name for group in chain(root, pid=77)] == ["/", "/b"]


def test_a_machine_without_cgroups_has_no_chain(recorded):
    root = recorded({"/proc/self/status": ""})
    assert [chain(root, name) for name in CONTROLLERS] == [(), (), ()]


def test_a_name_cannot_write_to_the_terminal(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/\x1b[31m\n",
            "/sys/fs/cgroup/\x1b[31m/cgroup.procs": "",
        }
    )
    assert chain(root)[-1].name == "/\\x1b[31m"


# ---------------------------------------------------------------- limits


def test_the_lowest_ancestor_wins_not_the_leaf(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/a/b\n",
            **v2_group("/sys/fs/cgroup/a", 2 * GIB),
            **v2_group("/sys/fs/cgroup/a/b", 3 * GIB),
        }
    )
    found, notes = limits(root)
    lowest = min(found, key=lambda limit: limit.bytes)
    assert (lowest.name, lowest.bytes) == ("cgroup /a (memory.max)", 2 * GIB)
    assert lowest.source == "/sys/fs/cgroup/a/memory.max"
    assert notes == ()


def test_memory_high_is_a_limit_of_its_own(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/a\n",
            **v2_group("/sys/fs/cgroup/a", 4 * GIB, 3 * GIB),
        }
    )
    found, _ = limits(root)
    assert [(limit.name, limit.bytes) for limit in found] == [
        ("cgroup /a (memory.max)", 4 * GIB),
        ("cgroup /a (memory.high)", 3 * GIB),
    ]


def test_memory_and_swap_together_leave_less_room_than_memory_alone(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root="/"),
            "/proc/self/cgroup": "4:memory:/a\n",
            **v1_group("/sys/fs/cgroup/memory/a", 2 * GIB, usage=1 * GIB),
            "/sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes": f"{2 * GIB}\n",
            "/sys/fs/cgroup/memory/a/memory.memsw.usage_in_bytes": f"{1 * GIB + 512 * MIB}\n",
        }
    )
    found, _ = limits(root)
    assert [(limit.name, limit.headroom) for limit in found] == [
        ("cgroup /a (memory.limit_in_bytes)", 1 * GIB),
        ("cgroup /a (memory.memsw.limit_in_bytes, memory + swap)", 512 * MIB),
    ]


@pytest.mark.parametrize("unlimited", [UNLIMITED, 9223372036854710272, 2**63 - 1])
def test_v1_without_a_limit_has_none(recorded, unlimited):
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root="/"),
            "/proc/self/cgroup": "4:memory:/\n",
            **v1_group("/sys/fs/cgroup/memory", unlimited),
        }
    )
    assert limits(root) == ((), ())


def test_an_ancestor_that_does_not_count_its_children_does_not_limit_them(recorded):
    def machine(hierarchy: int) -> Path:
        root: Path = recorded(
            {
                "/proc/self/mountinfo": V1.format(root="/"),
                "/proc/self/cgroup": "4:memory:/a/b/c\n",
                **v1_group("/sys/fs/cgroup/memory/a", 1 * GIB),
                **v1_group("/sys/fs/cgroup/memory/a/b", 2 * GIB, hierarchy=hierarchy),
                **v1_group("/sys/fs/cgroup/memory/a/b/c", 3 * GIB, hierarchy=0),
            }
        )
        return root

    assert [limit.bytes for limit in limits(machine(0))[0]] == [3 * GIB]
    assert [limit.bytes for limit in limits(machine(1))[0]] == [1 * GIB, 2 * GIB, 3 * GIB]


def test_a_limit_above_a_container_is_learned_from_its_own_statistics(recorded):
    stat = f"hierarchical_memory_limit {GIB}\n"
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root="/pod/x"),
            "/proc/self/cgroup": "4:memory:/pod/x\n",
            **v1_group("/sys/fs/cgroup/memory", UNLIMITED, usage=300 * MIB, stat=stat),
        }
    )
    ((limit,), _) = limits(root)
    assert limit.name == "cgroup above /pod/x (hierarchical_memory_limit)"
    assert limit.source == "/sys/fs/cgroup/memory/memory.stat hierarchical_memory_limit"
    assert (limit.bytes, limit.headroom) == (GIB, GIB - 300 * MIB)


def test_a_limit_that_is_seen_is_not_told_twice(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V1.format(root="/pod/x"),
            "/proc/self/cgroup": "4:memory:/pod/x\n",
            **v1_group("/sys/fs/cgroup/memory", GIB, stat=f"hierarchical_memory_limit {GIB}\n"),
        }
    )
    assert [limit.name for limit in limits(root)[0]] == ["cgroup /pod/x (memory.limit_in_bytes)"]


@pytest.mark.parametrize("text", ["12 potatoes", "", "-5", "0", "\x00\x01", "9" * 40])
def test_a_limit_of_nonsense_is_left_out_and_noted(recorded, text):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/\n",
            "/sys/fs/cgroup/memory.max": text,
        }
    )
    found, notes = limits(root)
    assert found == ()
    assert notes[0].startswith("/sys/fs/cgroup/memory.max makes no sense: ")
    assert notes[0].isprintable()


def test_a_limit_without_its_use_has_no_headroom(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/\n",
            "/sys/fs/cgroup/memory.max": f"{GIB}\n",
        }
    )
    assert limits(root)[0][0].headroom is None


@pytest.mark.parametrize(("text", "limit"), [("max\n", ABSURD), ("4096\n", 4096), ("x", None)])
def test_a_limit_is_bytes_or_none(text, limit):
    assert parse_limit(text) == limit


def test_a_group_that_allows_less_swap_is_noted(recorded):
    root = recorded(
        {
            "/proc/self/mountinfo": V2,
            "/proc/self/cgroup": "0::/a/b\n",
            "/sys/fs/cgroup/memory.swap.max": "max\n",
            "/sys/fs/cgroup/a/memory.swap.max": "0\n",
            "/sys/fs/cgroup/a/b/memory.swap.max": f"{GIB}\n",
        }
    )
    tree = Tree(root)
    note_swap_limits(tree, chain(root))
    assert tree.notes == (
        "cgroup /a allows no swap (memory.swap.max).",
        "cgroup /a/b allows 1.0 GiB swap (memory.swap.max).",
    )


# ---------------------------------------------------------------- what is free

V2_STAT = {
    "anon": 500,
    "file": 950,  # inactive and active file and shmem
    "shmem": 200,
    "inactive_file": 600,
    "active_file": 150,
    "unevictable": 70,
    "file_dirty": 30,
    "file_writeback": 5,
    "slab_reclaimable": 40,
}


def test_clean_file_pages_and_kernel_caches_are_free():
    assert reclaimable(2, V2_STAT) == 600 + 150 - 30 - 5 + 40


@pytest.mark.parametrize("name", ["file_dirty", "file_writeback"])
def test_pages_that_wait_for_the_disk_are_not_free(name):
    more = {**V2_STAT, name: V2_STAT[name] + 100}
    assert reclaimable(2, more) == reclaimable(2, V2_STAT) - 100


@pytest.mark.parametrize("name", ["shmem", "file", "unevictable", "anon"])
def test_tmpfs_locked_and_anonymous_pages_are_not_free(name):
    assert reclaimable(2, {**V2_STAT, name: 10_000}) == reclaimable(2, V2_STAT)


def test_v1_counts_the_groups_below_where_it_can():
    own = {"inactive_file": 10, "active_file": 20, "dirty": 5, "writeback": 1}
    assert reclaimable(1, own) == 24
    total = {f"total_{name}": value * 10 for name, value in own.items()}
    assert reclaimable(1, {**own, **total}) == 240


def test_statistics_that_contradict_themselves_free_nothing():
    assert reclaimable(2, {"file_dirty": 100, "inactive_file": 10}) == 0
    assert reclaimable(1, {}) == 0


@pytest.mark.parametrize(
    ("limit", "usage", "free", "room"),
    [
        (1000, 600, 200, 600),
        (1000, 1200, 100, 0),  # over memory.high
        (1000, 100, 300, 1000),  # counters read a moment apart
        (1000, 0, 0, 1000),
    ],
)
def test_headroom_is_between_nothing_and_the_limit(limit, usage, free, room):
    assert headroom(limit, usage, free) == room
