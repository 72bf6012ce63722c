include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(2 /ci/job /)
given(sys/fs/cgroup/ci/memory.max "2147483648\n")
given(sys/fs/cgroup/ci/job/memory.max "3221225472\n")
assert_memory(2147483648 /sys/fs/cgroup/ci/memory.max)
