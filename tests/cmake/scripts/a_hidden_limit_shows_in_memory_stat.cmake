include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(1 /pod/box /pod/box)
given(sys/fs/cgroup/memory/memory.limit_in_bytes "9223372036854771712\n")
given(sys/fs/cgroup/memory/memory.stat "cache 1\nhierarchical_memory_limit 5368709120\nrss 2\n")
assert_memory(5368709120 "/sys/fs/cgroup/memory/memory.stat, of a group above it")
