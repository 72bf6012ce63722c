include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

# No cgroup namespace: the path is the host's, what is mounted is the container's own group.
given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(1 /docker/abc /docker/abc)
given(sys/fs/cgroup/memory/memory.limit_in_bytes "2147483648\n")
assert_memory(2147483648 /sys/fs/cgroup/memory/memory.limit_in_bytes)
