include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(CMAKE_CXX_COMPILER_ID Clang)
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
_ninjapool_demands(8 1099511627776)
_ninjapool_size_pools(1000000 compile link)
assert_equal("${compile_depth} ${link_depth}" "8 1")
