include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(CMAKE_CXX_COMPILER_ID GNU)
_ninjapool_demands(4 1099511627776)
_ninjapool_size_pools(1000000 compile link)
assert_equal("${compile_depth} ${link_depth} ${covered}" "4 4 compile;link")
