include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

ninjapool_setup(MEMROY 6G)
