include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(NINJAPOOL_PROFILE big)
_ninjapool_profile(actual)
