"""The command: what it reads, what it may not read, and what it exits with."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import subprocess
import sys

import pytest

from ninjapool import cli
from ninjapool.cli import building, doctoring
from ninjapool.cli.args import Args
from ninjapool.cli.known import look
from ninjapool.doctor import logs
from ninjapool.doctor.logs import booted
from ninjapool.govern.contract import Kill, Outcome
from ninjapool.history import store
from ninjapool.history.book import Book
from ninjapool.units import GIB
from tests.oom.score import HERE
from tests.pasts import entry

KILL = (
    "Nov 20 10:00:00 host kernel: [  100.000000] Out of memory: Killed process 7 (cc1plus) "
    "total-vm:9kB, anon-rss:2048kB, file-rss:0kB, shmem-rss:0kB\n"
)
MEMINFO = "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n"
NEGATIVE = HERE / "negatives" / "gxx_error.log"
POSITIVE = HERE / "captured" / "gxx_cgroup_compile.out"


@pytest.fixture
def machine(recorded):
    return recorded(
        {
            "/proc/meminfo": MEMINFO,
            "/proc/stat": "cpu 1\nbtime 1795000000\n",
            "/sys/devices/system/cpu/online": "0-3\n",
        }
    )


def run(capsys, *words):
    code = cli.main(["doctor", *map(str, words)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_ten_where_memory_was_why_and_zero_where_it_was_not(capsys):
    assert run(capsys, POSITIVE, "--logs-only")[0] == 10
    code, out, err = run(capsys, NEGATIVE, "--logs-only")
    assert (code, err) == (0, "")
    assert out.startswith("No sign of memory in what could be read.\n")
    assert "gxx_error.log (8 lines)" in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nowhere.log"], 3, "nowhere.log: cannot be read: No such file"),
        ([HERE], 3, "is a folder, not a log"),
        (["--since", "soon", NEGATIVE], 2, "not a moment"),
        (["--no-such-flag"], 2, "not understood"),
        ([NEGATIVE, "--build", "nowhere", "--logs-only"], 5, "no build directory nowhere"),
    ],
)
def test_errors_are_those_of_all_commands(capsys, words, code, says):
    found, out, err = run(capsys, *words)
    assert (found, out) == (code, "")
    assert says in err


def test_a_packed_log_is_read(tmp_path, capsys):
    path = tmp_path / "build.log.gz"
    path.write_bytes(gzip.compress(POSITIVE.read_bytes()))
    assert run(capsys, path, "--logs-only")[0] == 10


def test_of_a_broken_log_the_rest_is_read_and_it_is_said(tmp_path, capsys):
    path = tmp_path / "build.log.gz"
    path.write_bytes(gzip.compress(POSITIVE.read_bytes() + os.urandom(400_000))[:-200_000])
    code, out, _ = run(capsys, path, "--logs-only")
    assert code == 10
    assert "build.log.gz: broken after" in " ".join(out.split())


def test_stdin_is_a_log(monkeypatch, capsys):
    text = io.TextIOWrapper(io.BytesIO(POSITIVE.read_bytes()))
    monkeypatch.setattr("sys.stdin", text)
    assert run(capsys, "-", "--logs-only")[0] == 10


def test_the_machines_own_files_are_read_packed_ones_too(recorded, machine, capsys):
    recorded({"/var/log/kern.log.2.gz": gzip.compress(KILL.encode()), "/var/log/syslog": b"x\n"})
    code, out, _ = run(capsys, "--root", machine)
    assert code == 10
    assert "cc1plus" in out
    assert "3.8 GiB" in out


def test_a_link_that_leads_out_of_a_recorded_machine_is_not_followed(machine, tmp_path, capsys):
    (tmp_path / "kern.log").write_text(KILL)
    (machine / "var/log").mkdir(parents=True)
    (machine / "var/log/kern.log").symlink_to(tmp_path / "kern.log")
    assert run(capsys, "--root", machine)[0] == 0


def test_since_leaves_older_kills_out(recorded, machine, capsys):
    recorded({"/var/log/messages": KILL})
    assert run(capsys, "--root", machine, "--since", "2026-11-01")[0] == 10
    assert run(capsys, "--root", machine, "--since", "1h")[0] == 0


def refuse(*_):
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_what_may_not_be_read_is_named_with_the_command_that_would_allow_it(monkeypatch, capsys):
    monkeypatch.setattr(logs.Reader, "_kmsg", refuse)
    monkeypatch.setattr(logs.Reader, "_program", refuse)
    code, out, _ = run(capsys, POSITIVE)
    assert code == 10
    page = " ".join(out.split())
    command = f"sudo dmesg | ninjapool doctor {POSITIVE} -"
    assert f"dmesg: not permitted (kernel.dmesg_restrict). This would: {command}" in page
    assert "journalctl: not permitted. This would: sudo usermod -aG systemd-journal $USER" in page


def test_a_file_that_may_not_be_read_is_named(recorded, machine, monkeypatch, capsys):
    recorded({"/var/log/kern.log": KILL})
    monkeypatch.setattr(logs.Reader, "_file", refuse)
    out = run(capsys, "--root", machine)[1]
    assert "/var/log/kern.log: not permitted. This would: sudo usermod -aG adm $USER" in out


def test_where_the_kernel_has_no_device_dmesg_is_asked(monkeypatch, tmp_path):
    program = tmp_path / "dmesg"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{KILL}E\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def missing(_):
        raise FileNotFoundError

    monkeypatch.setattr(logs.Reader, "_kmsg", missing)
    reader = logs.Reader(now=1_795_600_000.0)
    found = reader._kernel([])
    assert found is not None
    assert [kill.name for kill in found.kills] == ["cc1plus"]


@pytest.mark.parametrize(
    ("complaint", "allowed"),
    [("dmesg: read kernel buffer failed: Operation not permitted", False), ("other", True)],
)
def test_a_program_that_fails_is_no_error_of_ours(complaint, allowed, monkeypatch, tmp_path):
    program = tmp_path / "dmesg"
    program.write_text(f"#!/bin/sh\necho '{complaint}' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    reader = logs.Reader(now=1_795_600_000.0)
    with pytest.raises(OSError, match=complaint) as raised:
        reader._program(["dmesg"])
    assert isinstance(raised.value, PermissionError) is not allowed


def test_the_counter_of_the_kernel_tells_against_it(recorded, machine, capsys):
    recorded({"/proc/vmstat": "oom_kill 0\n"})
    assert "has killed nothing for memory" in run(capsys, POSITIVE, "--root", machine)[1]
    recorded({"/proc/vmstat": "oom_kill 3\n"})
    assert "has killed 3 processes for memory" in run(capsys, POSITIVE, "--root", machine)[1]


def test_the_build_directory_tells_how_wide_and_how_to_go_on(tmp_path, capsys):
    build = tmp_path / ("a path as long as a line " * 4) / "b u"
    build.mkdir(parents=True)
    (build / ".ninja_log").write_text("# ninja log v6\n0\t50\t0\ta\t1\n0\t60\t0\tb\t2\n")
    out = run(capsys, POSITIVE, "--logs-only", "--build", build)[1]
    assert f"ninjapool build '{build}'" in out
    assert "ran 2 jobs at once" in out


def test_ninjas_log_is_a_log_too(tmp_path, capsys):
    log = tmp_path / ".ninja_log"
    log.write_text("# ninja log v6\n0\t50\t0\ta\t1\n0\t60\t0\tb\t2\n")
    assert "ran 2 jobs at once" in run(capsys, POSITIVE, log, "--logs-only")[1]


def test_what_the_failed_job_took_in_its_last_build_is_told(tmp_path, capsys):
    kept = Book(store.place(tmp_path, os.environ), pytest.fail)
    kept.note(entry("CMakeFiles/big.dir/big.c.o", peak=GIB))
    kept.close()
    log = HERE / "captured" / "ninja113_clang.out"
    out = run(capsys, log, "--logs-only", "--build", tmp_path)[1]
    assert "CMakeFiles/big.dir/big.c.o took 1.0 GiB in its last governed build." in out


def test_who_may_read_no_log_still_gets_the_counters(recorded, machine, monkeypatch, capsys):
    recorded({"/proc/vmstat": "oom_kill 3\n", "/var/log/kern.log": KILL})
    monkeypatch.setattr(logs.Reader, "_file", refuse)
    code, out, _ = run(capsys, "--root", machine)
    assert code == 10
    assert out.startswith("The kernel has killed for memory here; what and when, only its log")
    assert "has killed 3 processes for memory since it was started" in out


def test_old_kills_that_the_kernels_log_has_lost_are_no_sign(recorded, machine, capsys):
    recorded({"/proc/vmstat": "oom_kill 3\n", "/var/log/kern.log": "nothing\n"})
    assert run(capsys, "--root", machine)[0] == 0


def test_the_build_directory_that_is_here_is_the_one_to_build(tmp_path, monkeypatch, capsys):
    (tmp_path / "build").mkdir()
    (tmp_path / "build/build.ninja").touch()
    monkeypatch.chdir(tmp_path)
    assert "    ninjapool build build\n" in run(capsys, POSITIVE, "--logs-only")[1]


def test_json_is_for_programs(capsys, monkeypatch):
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    told = json.loads(run(capsys, POSITIVE, "--logs-only", "--json")[1])
    assert (told["memory"], told["cause"], told["proven"]) == (True, "killed", False)
    assert told["headline"].startswith("Killed by signal 9")


def test_a_terminal_that_lacks_a_letter_gets_another(monkeypatch):
    data = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(data, encoding="ascii"))
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert cli.main(["doctor", str(POSITIVE), "--logs-only"]) == 10
    assert b"cc1plus" in data.getvalue()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_once_it_takes_longer_than_a_moment(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    progress = doctoring.Progress()
    progress("a.log", 10, 100)
    assert screen.getvalue() == ""
    progress._next = 0.0
    progress("a.log", 50, 100)
    assert screen.getvalue() == "\r\x1b[Kreading a.log: 50 %"
    progress._next = 0.0
    progress("a.log.gz", 5 << 20, None)
    assert screen.getvalue().endswith("reading a.log.gz: 5 MiB")
    progress("a.log", 100, 100)
    assert screen.getvalue().endswith("\r\x1b[K")


# ---------------------------------------------------------------- after a governed build

LOST = Kill(key="bin/clang", job_class="link", by="kernel", peak=GIB, alone=True, fate="too big")
FAILED = Outcome(exit_code=1, governed=True, seconds=9.0, slots="ninja -j2", jobs=3, kills=(LOST,))


@pytest.fixture
def known(machine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return look(Args(command=lambda _: 0, root=machine, cpus=2), None)


def test_after_a_build_that_failed_for_memory_the_diagnosis_comes_by_itself(known, capsys):
    args = Args(command=lambda _: 0)
    assert building._tell(args, known, FAILED) == 1
    err = capsys.readouterr().err
    assert "ninjapool: why: it held 1.0 GiB and needed more, with nothing beside it" in err
    assert "lld" in err
    assert all(line.startswith("ninjapool: ") for line in err.splitlines())


@pytest.mark.parametrize(
    ("quiet", "outcome"),
    [
        (True, FAILED),
        (False, Outcome(exit_code=1, governed=True, seconds=9.0, slots="", jobs=3)),
        (
            False,
            Outcome(
                exit_code=0,
                governed=True,
                seconds=9.0,
                slots="",
                jobs=3,
                kills=(
                    Kill(
                        key="a", job_class="link", by="kernel", peak=1, alone=True, fate="retried"
                    ),
                ),
            ),
        ),
    ],
)
def test_it_is_silent_where_it_was_told_to_be_or_memory_was_not_why(known, capsys, quiet, outcome):
    building._tell(Args(command=lambda _: 0, quiet=quiet), known, outcome)
    assert "why:" not in capsys.readouterr().err


def test_no_other_system_is_kept_from_asking():
    """Windows has none of these modules, and MSVC runs out of memory, too."""
    script = (
        "import sys, subprocess, psutil\n"  # they know what they need on which system
        "sys.modules.update(dict.fromkeys(('fcntl', 'termios', 'resource', 'pty')))\n"
        "import ninjapool.cli.doctoring\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(("uptime", "began"), [("100.25 9.00\n", 1000.75), ("7.00 9.00\n", 1000.0)])
def test_a_machines_start_is_known_to_the_part_of_a_second_where_it_runs(recorded, uptime, began):
    """The kernel gives whole seconds: a kill just after --since would be taken for one before it.

    The second is a recorded machine: its uptime is not of today.
    """
    root = recorded({"/proc/stat": "cpu 1\nbtime 1000\n", "/proc/uptime": uptime})
    assert booted(root, now=1101.0) == began
