"""Records builds that fail for other reasons than memory: python -m tests.oom.record_negatives

Real commands with real tools; what one of them lacks is left out. The folder's name is replaced.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "negatives"
FOLDER = "/home/user/project"

SETUP = r"""
cat > ok.cpp <<'E'
int main() { return 0; }
E
cat > bad.cpp <<'E'
#include <vector>
int main() { std::vector<int> memory; memory.push_bak(1); return undeclared; }
E
cat > undefined.cpp <<'E'
int missing(); int main() { return missing(); }
E
cat > slow.cpp <<'E'
constexpr long f(long n) { return n < 2 ? n : f(n - 1) + f(n - 2); }
static_assert(f(45) > 0); int main() {}
E
cat > CMakeLists.txt <<'E'
cmake_minimum_required(VERSION 3.20)
project(memory_pool CXX)
add_executable(app ${MAIN})
enable_testing()
foreach(case ${CASES})
  add_test(NAME ${case} COMMAND app ${case})
endforeach()
E
cat > tests.cpp <<'E'
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unistd.h>
int main(int, char **argv) {
  const char *name = argv[1];
  std::printf("[ RUN      ] %s\n", name); std::fflush(stdout);
  if (!std::strcmp(name, "bad_alloc")) { throw std::bad_alloc(); }
  if (!std::strcmp(name, "segv")) { *(volatile int *)nullptr = 1; }
  if (!std::strcmp(name, "sleep")) { sleep(5); }
  if (!std::strcmp(name, "words")) {
    std::puts("expected: out of memory, got: Cannot allocate memory");
    std::puts("Killed 3 mutants of 5; process was Killed and exited as planned");
    std::puts("warning: memory usage 137 MiB, limit 143 MiB, 9 signals [Killed] were sent");
    std::puts("LLVM-like text: out of memory allocating objects is handled");
    return 1;
  }
  return std::strcmp(name, "pass") != 0;
}
E
"""

CASES: dict[str, str] = {
    "gxx_error": "g++ -c bad.cpp",
    "gxx_missing_header": "echo '#include <memory_resource_x>' > h.cpp; g++ -c h.cpp",
    "gxx_werror_memory": "echo 'int f() { int out_of_memory = 137; return 0; }' > w.cpp;"
    " g++ -Wall -Werror -c w.cpp",
    "gcc_analyzer_leak": "printf '#include <stdlib.h>\\nvoid f(void) { void *memory = malloc(137);"
    " }' > leak.c; gcc -fanalyzer -Werror -c leak.c",
    "gxx_template_depth": "echo 'template <int N> struct S { enum { v = S<N + 1>::v }; };"
    " int i = S<0>::v;' > t.cpp; g++ -c t.cpp",
    "gxx_constexpr_limit": "g++ -std=c++17 -fconstexpr-ops-limit=1000 -c slow.cpp",
    "gxx_unknown_option": "g++ -fno-such-memory-option -c ok.cpp",
    "gxx_static_assert": "echo 'static_assert(sizeof(void *) == 4, \"out of memory space\");'"
    " > s.cpp; g++ -c s.cpp",
    "gxx_unwritable": "g++ -c ok.cpp -o /proc/none/ok.o",
    "gxx_cannot_execute": "mkdir -p tools; printf '#!/bin/sh\\necho as: memory\\nexit 1' > tools/as;"
    " chmod +x tools/as; g++ -B tools -c ok.cpp",
    "gxx_warning_cc1plus": "g++ -Wno-such-warning -Wstrict-prototypes -Wunused -c bad.cpp",
    # A compiler that reads from a FIFO waits until its end comes.
    "gxx_compiler_segfault": "mkfifo f.cpp; g++ -c f.cpp & sleep 1; pkill -SEGV -P $! cc1plus;"
    " wait $!; echo exit status $?",
    "gxx_compiler_sigterm": "mkfifo f.cpp; g++ -c f.cpp & sleep 1; pkill -TERM -P $! cc1plus;"
    " wait $!; echo exit status $?",
    "clang_sigterm": "mkfifo f.cpp; clang++ -c f.cpp & sleep 1; kill -TERM $!; wait $!;"
    " echo exit status $?",
    "gxx_disk_full": "g++ -S ok.cpp -o /dev/full",
    "as_bad_instruction": "echo 'int main() { asm(\"memory_barrier_x\"); }' > a.cpp; g++ -c a.cpp",
    "clang_error": "clang++ -c bad.cpp",
    "clang_missing_header": "echo '#include \"memory_x.h\"' > h.cpp; clang++ -c h.cpp",
    "clang_crash": "echo '#pragma clang __debug llvm_fatal_error' > c.cpp; clang++ -c c.cpp",
    "clang_crash_parser": "echo '#pragma clang __debug crash' > c.cpp; clang++ -c c.cpp",
    "link_bfd_undefined": "g++ -fuse-ld=bfd undefined.cpp",
    "link_gold_undefined": "g++ -fuse-ld=gold undefined.cpp",
    "link_lld_undefined": "g++ -fuse-ld=lld undefined.cpp",
    "link_mold_undefined": "g++ -fuse-ld=mold undefined.cpp",
    "link_clang_undefined": "clang++ undefined.cpp",
    "link_no_library": "g++ ok.cpp -lmemory_pool_9",
    "link_not_an_object": "echo junk > memory.o; g++ ok.cpp memory.o",
    "link_broken_object": "g++ -c ok.cpp; head -c 700 ok.o > cut.o; g++ cut.o",
    "link_twice_defined": "g++ -c ok.cpp -o a.o; g++ a.o a.o",
    "ninja_error": "cmake -G Ninja -B b -DMAIN=bad.cpp . > /dev/null; ninja -C b",
    "ninja_link_error": "cmake -G Ninja -B b -DMAIN=undefined.cpp . > /dev/null; ninja -C b",
    "ninja_unknown_target": "cmake -G Ninja -B b -DMAIN=ok.cpp . > /dev/null; ninja -C b memory",
    "ninja_success": "cmake -G Ninja -B b -DMAIN=ok.cpp . > /dev/null; ninja -C b -v",
    "ninja_interrupted": "printf 'rule r\\n command = sleep 9\\nbuild memory.o: r\\n' > build.ninja;"
    " timeout --foreground -s INT 1 ninja",
    "make_interrupted": "printf 'memory.o:\\n\\tsleep 9\\n' > Makefile;"
    " timeout --foreground -s INT 1 make",
    "ninja_test_bad_alloc": "g++ tests.cpp -o app; printf 'rule r\\n command = ./app bad_alloc\\n"
    "build test_memory: r\\n' > build.ninja; ninja",
    "make_error": "cmake -G 'Unix Makefiles' -B b -DMAIN=bad.cpp . > /dev/null; make -C b",
    "make_no_rule": "printf 'app: memory.o\\n' > Makefile; make",
    "make_test_fails": "g++ tests.cpp -o app; printf 'test:\\n\\t./app bad_alloc\\n' > Makefile; make",
    "cmake_configure_error": "cmake -G Ninja -B b -DMAIN=memory_pool.cpp .",
    "ctest_failures": "cmake -G Ninja -B b -DMAIN=tests.cpp '-DCASES=pass;words;other' . > /dev/null;"
    " ninja -C b; cd b; ctest --output-on-failure",
    "ctest_bad_alloc": "cmake -G Ninja -B b -DMAIN=tests.cpp '-DCASES=pass;bad_alloc' . > /dev/null;"
    " ninja -C b; cd b; ctest --output-on-failure",
    "ctest_segfault_timeout": "cmake -G Ninja -B b -DMAIN=tests.cpp '-DCASES=segv;sleep' . >"
    " /dev/null; ninja -C b; cd b; ctest --output-on-failure --timeout 1",
    "asan_allocation_too_big": "printf '#include <cstdlib>\\nint main(int n, char **) { return"
    " !std::malloc(n * (1ul << 45)); }' > a.cpp; g++ -fsanitize=address a.cpp -o a; ./a",
    "asan_leak": "printf '#include <cstdlib>\\nint main() { void *volatile p = std::malloc(137);"
    " p = nullptr; }' > a.cpp; g++ -g -fsanitize=address a.cpp -o a; ./a",
    "cargo_error": "cargo init -q --name memory 2> /dev/null; echo 'fn main() { memory(); }' >"
    " src/main.rs; cargo build",
    "cargo_test_allocation": "cargo init -q --name memory 2> /dev/null; echo 'fn main() {} #[test] fn"
    " big() { std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; 4194320]>()) }' >"
    " src/main.rs; cargo test",
    "cargo_test_sigkill": "cargo init -q --name memory 2> /dev/null; echo 'fn main() {} #[test] fn"
    ' end() { std::process::Command::new("sh").args(["-c", "kill -9 $PPID"]).status().unwrap();'
    " }' > src/main.rs; cargo test",
    "python_memory_error": "python3 -c 'def test_memory(): raise MemoryError(\"out of memory\")\n"
    "test_memory()'",
}  # fmt: skip


def record(name: str, script: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LC_ALL": "C", "CARGO_TARGET_DIR": f"{folder}/target"}
        subprocess.run(["bash", "-c", SETUP], cwd=folder, check=True)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    text = done.stdout.decode("utf-8", "replace").replace(folder, FOLDER)
    (HERE / f"{name}.log").write_text(text, encoding="utf-8")
    print(f"{name}: exit {done.returncode}, {len(text.splitlines())} lines")


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for chosen in sys.argv[1:] or CASES:
        record(chosen, CASES[chosen])
