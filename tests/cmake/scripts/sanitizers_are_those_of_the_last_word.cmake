include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

_ninjapool_sanitizers(actual "-fsanitize=address,undefined;-fno-sanitize=undefined")
assert_equal("${actual}" address)
_ninjapool_sanitizers(actual "-fsanitize=address;-fno-sanitize=all;-fsanitize=thread")
assert_equal("${actual}" thread)
