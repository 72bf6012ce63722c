include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

_ninjapool_parse_size(actual "50%" 8589934592)
assert_equal("${actual}" 4294967296)
_ninjapool_parse_size(actual "12.5 %" 8000)
assert_equal("${actual}" 1000)
_ninjapool_parse_size(actual "50%")
assert_equal("${actual}" "")
