include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       1000000 kB\n")
given(sys/devices/system/cpu/online "0-1\n")
set(NINJAPOOL_CPUS 9)
_ninjapool_budget(actual)
