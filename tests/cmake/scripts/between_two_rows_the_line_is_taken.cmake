include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(key_1 10 100)
set(key_2 20 200)
set(key_8 80 201)
_ninjapool_row(actual key 1)
assert_equal("${actual}" "10;100")
_ninjapool_row(actual key 2)
assert_equal("${actual}" "20;200")
_ninjapool_row(actual key 5)
assert_equal("${actual}" "50;201") # rounded up
_ninjapool_row(actual key 64)
assert_equal("${actual}" "80;201")
