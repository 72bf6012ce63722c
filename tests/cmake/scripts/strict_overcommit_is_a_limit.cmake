include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\nCommitLimit:     9000000 kB\n")
assert_memory(16384000000 "all of this machine's memory")
given(proc/sys/vm/overcommit_memory "2\n")
assert_memory(9216000000 "CommitLimit in /proc/meminfo")
