include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(1 /a/b /)
given(sys/fs/cgroup/memory/a/memory.use_hierarchy "0\n")
given(sys/fs/cgroup/memory/a/memory.limit_in_bytes "1073741824\n")
given(sys/fs/cgroup/memory/a/b/memory.limit_in_bytes "2147483648\n")
assert_memory(2147483648 /sys/fs/cgroup/memory/a/b/memory.limit_in_bytes)
