include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(NINJAPOOL_ROOT_DIR "${SPACE}")
assert_memory("" "")
assert_cpus("" "")
