include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(sys/devices/system/cpu/online "0-3\n")
given(proc/self/status "Name:\tcmake\nCpus_allowed_list:\t2-127\n")
assert_cpus(2 "CPU affinity")
