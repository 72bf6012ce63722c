include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(2 /../other /)
given(sys/fs/cgroup/memory.max "2147483648\n")
given(sys/fs/other/memory.max "1\n")
assert_memory(2147483648 /sys/fs/cgroup/memory.max)
