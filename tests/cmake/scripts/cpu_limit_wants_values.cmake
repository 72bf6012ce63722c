include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

ninjapool_cpu_limit(cpus REASON)
