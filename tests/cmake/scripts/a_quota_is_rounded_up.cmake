include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(sys/devices/system/cpu/online "0-7\n")
given_groups(2 /ci /)
given(sys/fs/cgroup/ci/cpu.max "250000 100000\n")
assert_cpus(3 /sys/fs/cgroup/ci/cpu.max)
given(sys/fs/cgroup/ci/cpu.max "max 100000\n")
assert_cpus(8 "all of this machine's CPUs")
