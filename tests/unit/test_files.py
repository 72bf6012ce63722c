import errno
import os
import stat
from pathlib import Path

import pytest

from ninjapool.errors import OutputError
from ninjapool.files import write_all, write_if_changed


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_is_written_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "c.cmake"
    assert write_if_changed(path, "text\n")
    assert path.read_bytes() == b"text\n"
    assert names(path.parent) == ["c.cmake"]


def test_an_unchanged_file_keeps_its_time(tmp_path):
    path = tmp_path / "same"
    path.write_text("text\n")
    os.utime(path, ns=(1, 1))
    assert not write_if_changed(path, "text\n")
    assert path.stat().st_mtime_ns == 1


def test_a_changed_file_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    assert write_if_changed(path, "new", mode=0o600)
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_asked_for_or_the_umasks(tmp_path):
    before = os.umask(0o027)
    try:
        write_if_changed(tmp_path / "asked", "", mode=0o755)
        write_if_changed(tmp_path / "plain", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "asked").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "plain").stat().st_mode) == 0o640


def test_a_link_stays_and_its_target_is_written(tmp_path):
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles" / "presets.json"
    target.write_text("old")
    link = tmp_path / "presets.json"
    link.symlink_to(target)
    assert write_if_changed(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_bytes_of_a_path_that_are_no_utf8_come_through(tmp_path):
    path = tmp_path / "file"
    write_if_changed(path, os.fsdecode(b"f\xfc.c"))
    assert path.read_bytes() == b"f\xfc.c"


def test_only_what_changed_is_written_and_named(tmp_path):
    same, new = tmp_path / "same", tmp_path / "new"
    same.write_text("1")
    assert write_all({same: "1", new: "2"}) == (new,)


def fail_with(code):
    def fail(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (errno.ENOSPC, "free some disk space"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "writable"),
        (errno.EIO, ""),
    ],
)
def test_a_failure_leaves_nothing_behind_and_says_why(tmp_path, monkeypatch, code, hint):
    path = tmp_path / "new" / "file"
    monkeypatch.setattr(os, "fsync", fail_with(code))
    with pytest.raises(OutputError, match=r"cannot write .*file: ") as caught:
        write_if_changed(path, "text")
    assert hint in caught.value.hint
    assert names(tmp_path) == []


def test_when_the_second_text_fails_the_first_is_not_in_place(tmp_path):
    first, second = tmp_path / "new" / "first", tmp_path / "second"
    second.mkdir()
    with pytest.raises(OutputError, match="second") as caught:
        write_all({first: "1", second: "2"})
    assert "move it away" in caught.value.hint
    assert names(tmp_path) == ["second"]


def test_when_the_last_step_fails_half_way_all_is_put_back(tmp_path, monkeypatch):
    old, new, third = (tmp_path / name for name in ("old", "new", "third"))
    old.write_text("before")
    replace = type(tmp_path).replace

    def fail_at_third(self, target):
        if target == third:
            raise OSError(errno.EIO, "broken disk")
        return replace(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", fail_at_third)
    with pytest.raises(OutputError, match="broken disk"):
        write_all({old: "after", new: "after", third: "after"})
    assert old.read_text() == "before"
    assert names(tmp_path) == ["old"]


def test_a_file_in_place_of_a_folder_is_an_error_with_a_hint(tmp_path):
    (tmp_path / "folder").write_text("a file")
    with pytest.raises(OutputError) as caught:
        write_if_changed(tmp_path / "folder" / "file", "text")
    assert "move it away" in caught.value.hint


def test_a_file_that_its_owner_has_locked_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o444)
    # Root may write everywhere, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="Permission denied"):
        write_if_changed(path, "new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_program_may_be_run_and_the_other_files_not(tmp_path):
    program, text = tmp_path / "program", tmp_path / "text"
    write_all({program: "#!/bin/sh\n", text: "x"}, programs=(program,))
    assert os.access(program, os.X_OK)
    assert not text.stat().st_mode & 0o111


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device_is_neither_read_nor_replaced(device):
    """`-o /dev/null` as root must not make a file of it, and `/dev/zero` has no end."""
    assert write_if_changed(Path(device), "text")
    assert Path(device).is_char_device()


def test_a_full_device_is_an_error_like_any(tmp_path):
    with pytest.raises(OutputError, match="/dev/full: No space left"):
        write_if_changed(Path("/dev/full"), "text")


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert write_if_changed(pipe, "text")
    assert os.read(end, 100) == b"text"
    os.close(end)
    assert names(tmp_path) == ["pipe"]


def test_what_the_user_has_open_goes_on_where_it_is(tmp_path):
    """`--json /dev/stdout > log` must not take the log's place."""
    with (tmp_path / "log").open("w") as log:
        log.write("before\n")
        log.flush()
        assert write_if_changed(Path(f"/dev/fd/{log.fileno()}"), "text\n")
        log.write("after\n")
    assert (tmp_path / "log").read_text() == "before\ntext\nafter\n"


def test_clearing_up_does_not_hide_why_it_failed(tmp_path, monkeypatch):
    """A read-only file system refuses to remove even what was never written."""

    def refused(self, *_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "open", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(OutputError, match="Read-only"):
        write_if_changed(tmp_path / "x", "text")
