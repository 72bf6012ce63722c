include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       1000000 kB\n")
given(sys/devices/system/cpu/online "0-1\n")
set_property(GLOBAL PROPERTY NINJAPOOL_SETUP_MEMORY 8G)
set_property(GLOBAL PROPERTY NINJAPOOL_SETUP_RESERVE 2G)
set_property(GLOBAL PROPERTY NINJAPOOL_SETUP_CPUS 16)
_ninjapool_budget(actual)
assert_equal("${actual_memory} ${actual_reserve} ${actual_cpus}" "1024000000 201326592 2")
