include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(thetas 15259 1000000)
_ninjapool_flat_pressure(actual 2097152)
assert_equal("${actual}" "31250432;2048000000")
