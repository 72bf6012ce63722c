include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set_property(GLOBAL PROPERTY NINJAPOOL_FILE "") # as if it had not been included yet
get_cmake_property(before VARIABLES)
include(NinjaPool)
get_cmake_property(after VARIABLES)
list(REMOVE_ITEM after ${before} before)
assert_equal("${after}" "")
if(POLICY CMP0174) # of 3.31, so not set by the 3.20 that is asked for here
  cmake_policy(GET CMP0174 actual)
  assert_equal("${actual}" "")
endif()
