"""Files below a root: nothing outside of it, and no surprise on the way."""

import os
from pathlib import Path

import pytest

from ninjapool.probe.text import printable, shortened, table, whole_number
from ninjapool.probe.tree import Tree


def test_a_file_is_read_below_the_root(recorded):
    assert Tree(recorded({"/proc/x": "y\n"})).text("/proc/x") == "y\n"


def test_what_is_missing_is_none_without_a_note(recorded):
    tree = Tree(recorded({"/proc/file": ""}))
    assert tree.text("/proc/nothing") is None
    assert tree.text("/proc/file/below-a-file") is None
    assert tree.notes == ()


def test_what_cannot_be_read_is_none_with_one_note(recorded):
    tree = Tree(recorded({"/proc/folder/file": ""}))
    assert tree.text("/proc/folder") is None
    assert tree.text("/proc/folder") is None
    assert tree.notes == ("/proc/folder cannot be read: not a regular file.",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_place_of_a_file_does_not_block(recorded):
    root = recorded({"/proc/x": ""})
    os.mkfifo(root / "proc/pipe")
    assert Tree(root).text("/proc/pipe") is None


def test_dots_do_not_lead_out_of_the_root(recorded, tmp_path):
    (tmp_path / "secret").write_text("live")
    tree = Tree(recorded({"/proc/x": ""}))
    assert tree.text("/proc/../../secret") is None
    assert tree.text("/../secret") is None


def test_links_do_not_lead_out_of_a_recorded_root(recorded, tmp_path):
    (tmp_path / "secret").write_text("live")
    root = recorded({"/proc/x": "inside"})
    (root / "proc/out").symlink_to(tmp_path / "secret")
    (root / "proc/up").symlink_to("../../secret")
    (root / "proc/in").symlink_to("x")
    (root / "proc/loop").symlink_to("loop")
    tree = Tree(root)
    assert tree.text("/proc/out") is None
    assert tree.text("/proc/up") is None
    assert tree.text("/proc/loop") is None
    assert tree.text("/proc/in") == "inside"
    assert not tree.exists("/proc/out")


def test_only_the_real_root_is_live(tmp_path):
    assert Tree(Path("/")).live
    assert not Tree(tmp_path).live


def test_bytes_that_are_no_text_lead_back_to_their_file(recorded):
    tree = Tree(recorded({"/proc/x": b"a\xe9b"}))
    assert tree.text("/proc/x") == "a\udce9b"
    assert tree.text("/proc/nul\0") is None


def test_a_file_of_any_size_is_read_in_pieces(recorded):
    text = "x" * 200_001
    assert Tree(recorded({"/proc/x": text})).text("/proc/x") == text


@pytest.mark.skipif(not Path("/proc/sys/vm").is_dir(), reason="needs Linux")
def test_files_of_proc_sys_can_be_read_live():
    # The kernel answers "Cannot allocate memory" to a read of many megabytes there.
    tree = Tree(Path("/"))
    assert tree.text("/proc/sys/kernel/osrelease")
    assert tree.notes == ()


def test_names_of_a_folder_are_sorted_and_empty_where_there_is_none(recorded):
    tree = Tree(recorded({"/sys/block/b/x": "", "/sys/block/a/x": ""}))
    assert tree.names("/sys/block") == ("a", "b")
    assert tree.names("/sys/nothing") == ()
    assert tree.is_dir("/sys/block/a")
    assert not tree.is_dir("/sys/block/a/x")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12\n", 12),
        ("0", 0),
        ("-1", None),
        ("", None),
        ("1e3", None),
        ("12 34", None),
        ("9" * 19, int("9" * 19)),
        ("9" * 20, None),
        ("٣", None),
        ("²", None),
    ],
)
def test_only_plain_numbers_are_numbers(text, number):
    assert whole_number(text) == number


def test_a_table_passes_over_what_is_no_row():
    assert table("anon 5\nfile many\n\nthree words here\nslab 0\n") == {"anon": 5, "slab": 0}


def test_names_are_printed_without_control_characters():
    assert printable("/a b/\x1b[31m\n\udce9") == "/a b/\\x1b[31m\\x0a\\xe9"


def test_a_container_is_named_as_docker_ps_names_it():
    assert shortened("/docker/" + "3f4e1c0d9b8a" + "0" * 52) == "/docker/3f4e1c0d9b8a"
    assert shortened("/docker/short") == "/docker/short"
