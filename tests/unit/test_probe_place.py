"""Where a build runs: WSL, a container, a tmpfs."""

from pathlib import Path, PurePosixPath

import pytest

from ninjapool.probe.container import parse_manager, parse_paths, read_container
from ninjapool.probe.mounts import parse_mountinfo, read_mounts
from ninjapool.probe.tmpfs import tmpfs_above, tmpfs_build
from ninjapool.probe.tree import Tree
from ninjapool.probe.wsl import parse_wsl, parse_wslconfig, read_wsl, read_wslconfig

# ---------------------------------------------------------------- WSL


@pytest.mark.parametrize(
    ("kernel", "version"),
    [
        ("4.4.0-19041-Microsoft\n", 1),
        ("4.19.128-microsoft-standard\n", 2),
        ("5.15.153.1-microsoft-standard-WSL2\n", 2),
        ("6.6.87.2-my-own-microsoft-WSL2", 2),
        ("6.8.0-45-generic\n", None),
        ("", None),
    ],
)
def test_wsl_by_the_name_of_its_kernel(kernel, version):
    assert parse_wsl(kernel) == version


def test_wsl_with_a_kernel_of_the_users_own_is_known_by_its_marks(recorded):
    root = recorded(
        {"/proc/sys/kernel/osrelease": "6.9.0-custom\n", "/proc/sys/fs/binfmt_misc/WSLInterop": ""}
    )
    assert read_wsl(Tree(root)) == 2


def test_no_wsl_elsewhere(recorded):
    assert read_wsl(Tree(recorded({"/proc/version": "Linux version 6.8.0\n"}))) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[wsl2]\nmemory=6GB\nswap=0\n", "memory=6GB, swap=0"),
        ("\ufeff[wsl2]\r\nmemory = 6GB\r\n", "memory=6GB"),
        ("[WSL2]\n  Processors=4 # of 8\n\tswap=8GB\n", "swap=8GB, processors=4"),
        ("[wsl2]\nmemory=4GB\nmemory=6GB\n", "memory=6GB"),
        ("[experimental]\nmemory=6GB\n", None),
        ("memory=6GB\n", None),
        ("[wsl2]\n# memory=6GB\nkernel=C:\\\\vmlinux\n", None),
        ("[wsl2]\nmemory=\n", None),
        ("", None),
    ],
)
def test_wslconfig(text, shown):
    assert parse_wslconfig(text) == shown


def wslconfig(root: Path) -> tuple[str | None, tuple[str, ...]]:
    tree = Tree(root)
    return read_wslconfig(tree, read_mounts(tree)), tree.notes


def test_the_wslconfig_of_the_one_windows_user_is_found(recorded):
    root = recorded(
        {
            "/mnt/c/Users/user/.wslconfig": "[wsl2]\nmemory=6GB\n",
            "/mnt/c/Users/Public/.wslconfig": "[wsl2]\nmemory=1GB\n",
            "/mnt/c/Users/desktop.ini": "",
        }
    )
    assert wslconfig(root) == ("memory=6GB", ())


def test_of_two_windows_users_none_is_guessed(recorded):
    root = recorded(
        {
            "/mnt/c/Users/one/.wslconfig": "[wsl2]\nmemory=6GB\n",
            "/mnt/c/Users/two/.wslconfig": "[wsl2]\nmemory=7GB\n",
        }
    )
    shown, notes = wslconfig(root)
    assert shown is None
    assert "/mnt/c/Users/one, /mnt/c/Users/two" in notes[0]


def test_drive_c_is_found_wherever_it_is_mounted(recorded):
    mount = "83 68 0:36 / /windir/c rw,noatime - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000\n"
    root = recorded(
        {
            "/proc/self/mountinfo": mount,
            "/windir/c/Users/user/.wslconfig": "[wsl2]\nmemory=5GB\n",
            "/mnt/c/Users/other/.wslconfig": "[wsl2]\nmemory=1GB\n",
        }
    )
    assert wslconfig(root) == ("memory=5GB", ())


def test_no_wslconfig_is_none(recorded):
    assert wslconfig(recorded({})) == (None, ())


# ---------------------------------------------------------------- containers


@pytest.mark.parametrize(
    ("files", "container"),
    [
        ({"/.dockerenv": ""}, "docker"),
        ({"/run/.containerenv": 'engine="podman-4.9.3"\n'}, "podman"),
        ({"/var/run/secrets/kubernetes.io/serviceaccount/token": ""}, "kubernetes"),
        ({"/.dockerenv": "", "/proc/1/cgroup": "4:memory:/kubepods/pod1/x\n"}, "kubernetes"),
        ({"/proc/1/cgroup": "4:memory:/docker/abc\n"}, "docker"),
        ({"/proc/1/cgroup": "0::/machine.slice/libpod-abc.scope\n"}, "podman"),
        ({"/proc/1/cgroup": "0::/lxc.payload.web/init.scope\n"}, "lxc"),
        ({"/run/systemd/container": "lxc\n"}, "lxc"),
        ({"/run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        ({"/run/host/container-manager": "rocket\n"}, "rocket"),
        ({"/run/systemd/container": "wsl\n"}, None),
        ({"/proc/1/cgroup": "0::/init.scope\n"}, None),
        ({}, None),
    ],
)
def test_containers_by_their_marks(recorded, files, container):
    assert read_container(Tree(recorded(files))) == container


def test_a_manager_of_nonsense_is_none():
    assert parse_manager("\x00\x01") is None
    assert parse_manager("") is None
    assert parse_paths("") is None


# ---------------------------------------------------------------- tmpfs

MOUNTS = parse_mountinfo(
    "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "2 1 0:2 / /tmp rw - tmpfs tmpfs rw\n"
    "3 2 8:2 / /tmp/disk rw - ext4 /dev/sda2 rw\n"
    "4 1 0:4 / /ram rw - ramfs none rw\n"
)


@pytest.mark.parametrize(
    ("folder", "point"),
    [
        ("/tmp/build", "/tmp"),
        ("/tmp", "/tmp"),
        ("/tmp/disk/build", None),
        ("/tmpfs/build", None),
        ("/ram/x", "/ram"),
        ("/home/build", None),
    ],
)
def test_the_nearest_mount_above_decides(folder, point):
    found = tmpfs_above(MOUNTS, PurePosixPath(folder))
    assert found == (PurePosixPath(point) if point else None)


def test_a_folder_of_a_recorded_machine_is_taken_as_written(recorded):
    tree = Tree(recorded({}))
    assert tmpfs_build(tree, MOUNTS, Path("/tmp/not/there/yet")) == PurePosixPath("/tmp")
    assert tmpfs_build(tree, MOUNTS, Path("build")) is None
    assert tmpfs_build(tree, (), Path("/tmp/build")) is None


def test_a_link_into_a_tmpfs_is_followed_on_the_live_machine(tmp_path):
    (tmp_path / "fast").mkdir()
    (tmp_path / "build").symlink_to(tmp_path / "fast")
    mounts = parse_mountinfo(f"1 0 0:1 / {(tmp_path / 'fast').resolve()} rw - tmpfs tmpfs rw\n")
    assert tmpfs_build(Tree(Path("/")), mounts, tmp_path / "build" / "x") is not None
