include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(1 /docker/abc /)
given(sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes "9223372036854771712\n")
assert_memory(16384000000 "all of this machine's memory")
