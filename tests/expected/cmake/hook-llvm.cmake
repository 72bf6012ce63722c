# Written by `ninjapool configure`, and written anew by the next one: do not edit.
# The preset has the project include this file, as a preset cannot name a file for `cmake -C`.
get_property(_ninjapool_is_here GLOBAL PROPERTY NINJAPOOL_HOOK)
if(NOT _ninjapool_is_here)
  set_property(GLOBAL PROPERTY NINJAPOOL_HOOK 1)
  include("${CMAKE_CURRENT_LIST_DIR}/cache.cmake")
endif()
