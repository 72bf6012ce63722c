include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

ninjapool_memory_limit(bytes WHY reason)
