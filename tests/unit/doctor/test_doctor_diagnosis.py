"""Which signs count, which kills are this build's, and what is advised."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninjapool.doctor.advice import REMEDIES, advise
from ninjapool.doctor.after import after_build, death_of
from ninjapool.doctor.diagnosis import Diagnosis, diagnose, limit_kind
from ninjapool.doctor.evidence import CLOSE
from ninjapool.doctor.findings import Around
from ninjapool.doctor.messages import Catalogue
from ninjapool.doctor.ninjalog import ran_at_once
from ninjapool.doctor.scan import BLOCK, NEEDLES, Scanner
from ninjapool.doctor.since import parse_since
from ninjapool.doctor.symptoms import symptom_of
from ninjapool.doctor.tell import sections
from ninjapool.errors import UsageError
from ninjapool.model import Machine, MemoryLimit, Overcommit, ProcessLimit, Setting
from ninjapool.size import any_project
from ninjapool.units import GIB, MIB
from tests.oom.fuzz import look
from tests.oom.score import HERE

NOW = 1_795_600_000.0
BOOTED = NOW - 100_000
KILLED = "g++: fatal error: Killed signal terminated program cc1plus\n"
MACHINE = Machine(
    platform="linux",
    memory_limits=(MemoryLimit(name="host RAM", source="", bytes=4 * GIB),),
    cpu_limits=(),
)
AROUND = Around(now=NOW, booted=BOOTED)


def read(text, written=NOW):
    scanner = Scanner("log", NOW)
    scanner.feed(text.encode())
    found = scanner.finish()
    found.written = written
    return found


def kill(seconds_ago, name="cc1plus", pid=7, kind="Out of memory"):
    uptime = NOW - seconds_ago - BOOTED
    return (
        f"[{uptime:.6f}] {kind}: Killed process {pid} ({name}) total-vm:9kB, "
        "anon-rss:2048kB, file-rss:0kB, shmem-rss:1024kB\n"
    )


def of(text, *own, **around):
    return diagnose([read(text)], replace(AROUND, own=tuple(map(read, own)), **around))


# ---------------------------------------------------------------- whose kills


def test_a_kill_of_this_machine_that_fits_the_log_proves_it():
    found = of(KILLED, kill(60))
    assert (found.cause, found.proven, found.deaths[0].pid) == ("host", True, 7)
    assert found.deaths[0].size == 3 * MIB


@pytest.mark.parametrize(
    "own",
    [
        kill(CLOSE + 100),  # of a build before
        kill(-60),  # after the log was written
        kill(60, name="firefox"),
        kill(60, name="ld"),
        "",
    ],
)
def test_other_kills_of_this_machine_are_not_the_logs(own):
    found = of(KILLED, own)
    assert (found.cause, found.proven) == ("killed", False)


def test_of_several_kills_the_last_are_the_logs():
    found = of(KILLED, kill(900, pid=1) + kill(600, pid=2) + kill(30, pid=3))
    assert [death.pid for death in found.deaths] == [3]


def test_a_log_with_its_own_kernel_lines_is_of_its_own_machine():
    found = of(KILLED + kill(9000, pid=1), kill(30, pid=3))
    assert [death.pid for death in found.deaths] == [1]


def test_since_holds_for_the_logs_that_are_named_too():
    text = "2026-11-20T10:00:00+00:00 host kernel: " + kill(9000)
    assert of(text).cause == "host"
    assert of(text, since=NOW - 3600).cause == "none"


def test_a_kill_without_a_sign_in_the_log_is_not_the_logs():
    assert of("ninja: no work to do.\n", kill(30)).cause == "none"


def test_without_a_log_the_last_incident_is_told_not_those_of_hours_before():
    text = kill(4 * CLOSE, pid=1) + kill(1.5 * CLOSE, pid=2) + kill(0.8 * CLOSE, pid=3) + kill(9)
    found = diagnose([], replace(AROUND, own=(read(text),)))
    assert [death.pid for death in found.deaths] == [2, 3, 7]


def test_without_a_log_this_machine_is_judged():
    around = replace(AROUND, own=(read(kill(60)),))
    assert diagnose([], around).cause == "host"
    assert diagnose([], replace(around, since=NOW - 10)).cause == "none"


def test_a_kill_that_two_logs_tell_of_is_one():
    around = replace(AROUND, own=(read(kill(60)), read("Nov 20 h kernel: " + kill(60))))
    assert diagnose([], around).count == 1
    assert diagnose([read(kill(60)), read(kill(60))], AROUND).count == 1


def test_kills_that_are_too_many_to_keep_are_counted():
    text = "".join(kill(9, pid=pid) for pid in range(1000))
    assert of(text).count == 1000


def test_where_a_compiler_was_hit_the_browser_is_no_part_of_it():
    text = kill(60, name="firefox", pid=1) + kill(50, pid=2)
    assert [death.program for death in diagnose([], replace(AROUND, own=(read(text),))).deaths] == [
        "cc1plus"
    ]
    found = diagnose([], replace(AROUND, own=(read(kill(60, name="firefox")),)))
    assert found.strangers == ("firefox",)


def test_earlyoom_is_why_a_compiler_was_told_to_end():
    log = "g++: fatal error: Terminated signal terminated program cc1plus\n"
    line = (
        "2026-11-25T06:26:00+0000 h earlyoom[1]: sending SIGTERM to process 9 uid 1000 "
        '"cc1plus": badness 9, VmRSS 2396 MiB\n'
    )
    when = 1_795_588_000.0
    own = read(line)
    around = replace(AROUND, own=(own,))
    log_then = read(log, written=when)
    told = own.kills[0].when.wall
    assert told is not None
    log_then.written = told + 5
    found = diagnose([log_then], around)
    assert (found.cause, found.by) == ("daemon", "earlyoom")
    assert diagnose([read(log, written=told - 999)], around).cause == "terminated"


def test_what_the_ring_has_lost_is_told_by_the_log():
    text = KILLED + KILLED.replace("cc1plus", "cc1") + kill(5, name="cc1")
    assert [(death.program, death.pid) for death in of(text).deaths] == [
        ("cc1plus", None),
        ("cc1", 7),
    ]


def report(*tasks, victim):
    """As the kernel writes it for a control group of 300 MiB; tasks by pid and MiB."""
    rows = "".join(f"[ {pid:6}] 0 {pid} {mib * 256} {mib * 256} 0 0 cc1\n" for pid, mib in tasks)
    mib = dict(tasks)[victim]
    return (
        "memory: usage 307200kB, limit 307200kB, failcnt 0\n"
        "[  pid  ]   uid  tgid total_vm      rss swapents oom_score_adj name\n"
        f"{rows}Memory cgroup out of memory: Killed process {victim} (cc1) "
        f"total-vm:{mib * 1024}kB, anon-rss:{mib * 1024}kB, file-rss:0kB\n"
    )


def why(found):
    parts = list(sections(found, advise(found, AROUND), AROUND))
    [lines] = [part.lines for part in parts if part.heading.text == "Why"]
    return [Catalogue().render(line) for line in lines]


def test_of_several_kills_company_and_loneliness_are_both_told():
    crowd = report((1, 100), (2, 90), (3, 80), victim=1)
    found = of(crowd + report((2, 290), victim=2))
    assert found.alone
    assert why(found) == [
        "When the kernel killed, there were: 3 x cc1 (270 MiB).",
        "One of them was alone: no other job to speak of ran. Fewer jobs would not have helped it.",
    ]
    assert not of(crowd).alone
    assert "As large as the largest of them was then, 3 fit into 300 MiB." in why(of(crowd))


# ---------------------------------------------------------------- which signs


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Killed\n" + "more output\n" * 9, "none"),
        ("some output\nKilled\n", "killed"),
        ("FAILED: a.o\nclang -c a.c\nKilled\n[2/9] next\n" + "more\n" * 9, "killed"),
        ("[ RUN ] t\nstd::bad_alloc\n", "none"),
        ("FAILED: a.cpp.o\ncl a\nterminate called after throwing an instance of 'std::bad_alloc'\n",
         "limit"),
        ("a.o: file not recognized: file format not recognized\n", "none"),
        ("+ ulimit -v 100\na.o: file not recognized: file format not recognized\n", "limit"),
        ("memory allocation of 99 bytes failed\nmake: *** [Makefile:3: test] Error 134\n", "none"),
        ("memory allocation of 99 bytes failed\nerror: could not compile `x`\n", "limit"),
        ("##[warning]Free memory is lower than 5%; Currently used: 96%\n", "none"),
    ],
)  # fmt: skip
def test_a_weak_sign_needs_company(text, cause):
    assert of(text).cause == cause


def test_the_limit_of_this_shell_explains_a_nonsensical_message():
    limits = (ProcessLimit(name="RLIMIT_AS", bytes=GIB),)
    text = "a.o: file not recognized: file format not recognized\n"
    around = replace(AROUND, machine=replace(MACHINE, process_limits=limits))
    found = diagnose([read(text)], around)
    assert found.cause == "limit"
    assert limit_kind(found, around) == "process"


def test_strict_overcommit_is_named():
    machine = replace(MACHINE, overcommit=Overcommit(mode=2, limit=GIB, committed=None))
    around = replace(AROUND, machine=machine)
    found = diagnose([read("virtual memory exhausted: Cannot allocate memory\n")], around)
    told = [Catalogue().render(message) for message in advise(found, around).now]
    assert told == ["  sudo sysctl vm.overcommit_memory=0"]


def test_a_job_is_counted_once_however_many_lines_tell_of_it():
    text = "FAILED: [code=137] a.o\n/usr/bin/clang -c a.c\nKilled\nninja: build stopped: x\n"
    found = of(text + "make: *** [Makefile:2: all] Error 137\n")
    assert found.count == 2  # ninja's job, and what make had to do
    assert found.deaths[0].program == "clang"


def test_where_two_jobs_could_be_meant_none_is():
    log = "FAILED: a.o\ng++ a\n" + KILLED
    text = log + kill(9, pid=1) + kill(8, pid=2)
    assert [death.job for death in of(text).deaths] == [None, None]
    assert [death.job for death in of(log + kill(9, pid=1)).deaths] == ["a.o"]


# ---------------------------------------------------------------- how it is read


def test_memory_does_not_grow_with_the_log():
    scanner = Scanner("log", NOW)
    for _ in range(40):
        scanner.feed((KILLED + kill(5)).encode() * 500)
    found = scanner.finish()
    assert found.counts["kills"] == 20_000
    assert len(found.kills) <= 400
    assert len(found.symptoms) <= 400


def test_a_line_without_an_end_does_not_grow():
    scanner = Scanner("log", NOW)
    for _ in range(8):
        scanner.feed(b"x" * BLOCK)
    scanner.feed(b"\n" + KILLED.encode())
    assert scanner.finish().counts == {"killed": 1}


def test_far_from_its_beginning_a_log_is_passed_over_and_still_counted():
    filler = "[1/9] c++ -c lib/IR/a.cpp\n" * 100_000
    found = read("ninja: Entering directory `b'\n" + filler + KILLED)
    assert found.lines == 100_002
    assert found.folder == "b"
    assert found.symptoms[0].at == 100_002


def test_the_job_of_a_symptom_is_not_one_that_was_over():
    filler = "[1/9] c++ -c lib/IR/a.cpp\n" * 50_000
    found = read("FAILED: a.o\ng++\nerror: x\n" + filler + KILLED)
    assert [symptom.job for symptom in found.symptoms] == [None]


def test_every_sign_is_found_by_the_quick_search():
    for path in (HERE / "reported").glob("*.log"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if symptom_of(line, 1) is not None:
                assert any(needle in line.encode() for needle in NEEDLES), line


@given(
    st.lists(
        st.sampled_from((*NEEDLES, b" 9 ", b"[x]", b"(", b": ", b"g++: ", b"\n", b"1")), max_size=60
    )
)
def test_any_pile_of_telling_words_is_read(words):
    look(b"".join(words))


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(data):
    look(data, 13)


def test_a_table_of_tasks_that_was_cut_is_no_error():
    """Found by atheris."""
    text = (
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        "[  4711]     0  4711 `  12000    10000 26 44 88        0             0 cc1plus\n"
    )
    assert of(text + kill(5, pid=4711)).cause == "host"


# ---------------------------------------------------------------- advice


def told(found, around=AROUND, command=None):
    advice = advise(found, around, command)
    return [Catalogue().render(one) for one in advice.now], [
        Catalogue().render(one.message) for one in advice.more
    ]


def test_every_remedy_has_a_source():
    assert all(remedy.source for remedy in REMEDIES)


def test_a_bfd_link_gets_another_linker_and_a_gcc_compile_another_compiler():
    link = told(diagnose([read(kill(5, name="ld.bfd"))], AROUND))[1]
    assert any("lld or mold in place of GNU ld" in line for line in link)
    assert not any("clang in place of gcc" in line for line in link)
    compiled = told(diagnose([read(kill(5))], AROUND))[1]
    assert any("clang in place of gcc" in line for line in compiled)
    assert not any("lld" in line for line in compiled)


def test_an_lld_link_needs_no_other_linker():
    assert not any("lld or mold" in line for line in told(of(kill(5, name="ld.lld")))[1])


def test_what_is_known_of_the_project_is_used():
    project = replace(any_project(), llvm=True, debug_info=Setting(value="full", source="x"))
    lines = told(of(kill(5, name="ld.bfd")), replace(AROUND, project=project))[1]
    assert any("LLVM_USE_LINKER=lld" in line for line in lines)
    assert any("LLVM_USE_SPLIT_DWARF" in line for line in lines)


def test_a_build_directory_of_a_stranger_is_quoted():
    found = of("ninja: Entering directory `$(rm -rf ~); x'\n" + KILLED)
    assert "  ninjapool build '$(rm -rf ~); x'" in told(found)[0]


def test_the_users_own_build_directory_goes_before_the_logs():
    found = of("ninja: Entering directory `b'\n" + KILLED)
    assert told(found, command="ninjapool build mine")[0][0] == "  ninjapool build mine"


def test_where_memory_is_not_why_nothing_is_advised():
    assert told(of("ninja: build stopped: interrupted by user.\n")) == ([], [])


def test_the_width_of_the_last_build_is_told():
    around = replace(AROUND, ran_at_once=9)
    found = diagnose([read(KILLED)], around)
    lines = [
        Catalogue().render(line)
        for part in sections(found, advise(found, around), around)
        for line in part.lines
    ]
    assert "The last build there ran 9 jobs at once, by ninja's log." in lines


# ---------------------------------------------------------------- after a governed build


def spoken(deaths, *, alone):
    lines = after_build(deaths, alone=alone, machine=MACHINE, project=any_project())
    return [Catalogue().render(line) for line in lines]


def test_after_a_build_it_is_said_in_few_lines_why_and_what_helps():
    lines = spoken([death_of("bin/clang", "link", GIB)], alone=True)
    assert lines[0] == (
        "why: it held 1.0 GiB and needed more, with nothing beside it, of 4.0 GiB (host RAM)"
    )
    assert len(lines) <= 5
    assert lines[1] == "what would help:"
    assert "lld" in lines[2]


def test_after_a_build_of_many_the_largest_is_told():
    deaths = [death_of("a.o", "compile", MIB), death_of("b.o", "flang", GIB)]
    assert "1.0 GiB and more for the largest" in spoken(deaths, alone=False)[0]


# ---------------------------------------------------------------- small parsers


def test_ninjas_log_tells_how_many_ran_at_once():
    old = "# ninja log v6\n0\t50\t0\ta\t1\n0\t60\t0\tb\t2\n0\t70\t0\tc\t3\n"
    new = "0\t10\t0\td\t4\n0\t10\t0\td2\t4\n10\t20\t0\te\t5\n5\t30\t0\tf\t6\n"
    assert ran_at_once(old.encode().splitlines()) == 3
    assert ran_at_once((old + new).encode().splitlines()) == 2
    assert ran_at_once([b"# ninja log v6", b"x\ty", b"\xb2\t1\t1\t1\t1"]) is None


@given(st.lists(st.binary(max_size=40)))
def test_any_ninja_log_is_read(lines):
    ran_at_once(lines)


@pytest.mark.parametrize(
    ("text", "ago"),
    [("90s", 90), ("5m", 300), ("2h", 7200), ("3d", 259200), ("1w", 604800), ("2h ago", 7200)],
)
def test_since_takes_spans(text, ago):
    assert parse_since(text, NOW) == NOW - ago


def test_since_takes_days():
    assert NOW - 2 * 86400 < parse_since("yesterday", NOW) < parse_since("today", NOW) <= NOW
    assert parse_since("2026-11-20T10:00:00+00:00", NOW) == 1_795_168_800.0


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "-3h", "9999999h"])
def test_since_refuses_what_is_no_moment(text):
    with pytest.raises(UsageError):
        parse_since(text, NOW)


def test_a_diagnosis_knows_whether_it_is_of_memory():
    assert Diagnosis(cause="heap").is_memory
    assert not Diagnosis(cause="disk").is_memory


# ---------------------------------------------------------------- time

HOSTILE = {
    "telling lines": b"cc1plus: warning: command-line option '-Wno-x' memory 137 signal\n",
    "gcc": b"gcc: " * 200 + b"Killed " * 300 + b"cc1\n",
    "prefixes": b"x gcc: Killed x" * 270 + b"\n",
    "collect2": b"collect2: ld 9 [" * 250 + b"\n",
    "forks": b"'ninja: fork mmap " * 220 + b"\n",
    "strings": b"\x1b]0;" * 1000 + b"memory\n",
    "controls": "\u009d".encode() * 2000 + b"memory\n",
    "make": b"make: *** [" + b"a:1: " * 800 + b"\n",
    "codes": b"exit " * 800 + b"137\n",
    "objects": b"memory .o" * 450 + b"\n",
    "tasks": b"[ pid ] uid tgid total_vm rss name\n" + b"[ 12 ] 1 2 3 4 x\n" * 2000,
    "one line": b"memory" * 100_000,
    "kills": b"Out of memory: Killed process 1 (x) " * 110 + b"\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_line_is_slow(name):
    """300 KB take 0.1 s of CPU time, where a search that is not linear would take minutes."""
    data = HOSTILE[name] * (300_000 // len(HOSTILE[name]) or 1)
    begun = time.process_time()
    read(data.decode("utf-8", "replace"))
    assert time.process_time() - begun < 10
