include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(sys/devices/system/cpu/online "0-7\n")
given_groups(1 /ci /)
given(sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_quota_us "-1\n")
given(sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_period_us "100000\n")
assert_cpus(8 "all of this machine's CPUs")
given(sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_quota_us "50000\n")
assert_cpus(1 /sys/fs/cgroup/cpu,cpuacct/ci/cpu.cfs_quota_us)
