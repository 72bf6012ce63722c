include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       16000000 kB\n")
given_groups(2 /user.slice /)
given(sys/fs/cgroup/user.slice/memory.max "max\n")
given(sys/fs/cgroup/user.slice/memory.high "6442450944\n")
assert_memory(6442450944 /sys/fs/cgroup/user.slice/memory.high)
