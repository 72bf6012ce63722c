include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

ninjapool_target_memory(parser LINK 50%)
