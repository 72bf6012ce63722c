include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(CMAKE_CXX_COMPILER_ID GNU)
_ninjapool_demands(8 1000000)
_ninjapool_size_pools(1 compile link)
assert_equal("${compile_depth} ${link_depth} ${covered}" "1 1 ")
_ninjapool_size_pools(0 compile link)
assert_equal("${compile_depth} ${link_depth} ${covered}" "1 1 ")
