include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(sys/devices/system/cpu/online "0-15\n")
given_groups(2 /a/b /)
given(sys/fs/cgroup/a/cpuset.cpus.effective "0-7\n")
given(sys/fs/cgroup/a/b/cpuset.cpus.effective "4-11\n")
assert_cpus(4 /sys/fs/cgroup/a/b/cpuset.cpus.effective)
