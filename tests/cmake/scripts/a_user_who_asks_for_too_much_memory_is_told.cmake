include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

given(proc/meminfo "MemTotal:       1000000 kB\n")
set(NINJAPOOL_MEMORY 8G)
_ninjapool_budget(actual)
