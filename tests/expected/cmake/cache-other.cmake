# Written by `ninjapool configure`, and written anew by the next one: do not edit.
# `cmake -C` reads this last, and has the project include ninjapool-hook.cmake.
# What stood in the include variables stays: Conan, vcpkg and IDEs use them too.

cmake_policy(PUSH)
cmake_policy(VERSION 3.15...4.0)

# By name, so that a hook of another place (a copied tree, a renamed folder) is replaced, not joined.
set(is_hook "(^|/)ninjapool-hook[.]cmake$")
set(hook "${CMAKE_CURRENT_LIST_DIR}/ninjapool-hook.cmake")

if(NOT CMAKE_VERSION VERSION_LESS 3.24)
  set(includes "${CMAKE_PROJECT_TOP_LEVEL_INCLUDES}")
  list(FILTER includes EXCLUDE REGEX "${is_hook}")
  list(APPEND includes "${hook}")
  set(CMAKE_PROJECT_TOP_LEVEL_INCLUDES "${includes}" CACHE STRING
    "Files that the first project() includes; ninjapool's is the last." FORCE)
else()
  # Each of these holds one file only, so take one that is free.
  set(included FALSE)
  foreach(variable IN ITEMS CMAKE_PROJECT_INCLUDE CMAKE_PROJECT_INCLUDE_BEFORE)
    if("${${variable}}" STREQUAL "" OR "${${variable}}" MATCHES "${is_hook}")
      set("${variable}" "${hook}" CACHE FILEPATH "A file that each project() includes." FORCE)
      set(included TRUE)
      break()
    endif()
  endforeach()
  if(NOT included)
    message(WARNING "ninjapool: CMAKE_PROJECT_INCLUDE and CMAKE_PROJECT_INCLUDE_BEFORE are both yours, so the job pools cannot be added. CMake 3.24 or newer has room for more; until then, build with -j6.")
  endif()
endif()

cmake_policy(POP)
