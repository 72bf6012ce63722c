# Written by `ninjapool configure`, and written anew by the next one: do not edit.
# `cmake -C` reads this last, and has the project include ninjapool-hook.cmake.
# What stood in the include variables stays: Conan, vcpkg and IDEs use them too.

cmake_policy(PUSH)
cmake_policy(VERSION 3.15...4.0)
# CMake and IDEs start the program in CMAKE_MAKE_PROGRAM: ninja, its jobs governed by memory.
function(_ninjapool_govern governed ninja)
  get_property(program CACHE CMAKE_MAKE_PROGRAM PROPERTY VALUE)
  get_property(help CACHE CMAKE_MAKE_PROGRAM PROPERTY HELPSTRING)
  get_property(behind CACHE NINJAPOOL_NINJA PROPERTY VALUE)
  set(is_ours FALSE)
  if("${program}" MATCHES "(^|/)ninjapool-ninja$")
    set(is_ours TRUE)
  elseif(NOT "${program}" STREQUAL "")
    set(behind "${program}") # a build directory keeps its ninja: another may build all anew
  endif()
  if("${behind}" STREQUAL "")
    set(behind "${ninja}")
  endif()
  if(CMAKE_GENERATOR AND NOT CMAKE_GENERATOR MATCHES "Ninja")
    message(STATUS "ninjapool: ${CMAKE_GENERATOR} is not governed by itself, build by `ninjapool run`")
  elseif(is_ours OR "${program}" STREQUAL "" OR "${program}" STREQUAL "${ninja}"
         OR "${help}" MATCHES "^Program used to build")
    set(CMAKE_MAKE_PROGRAM "${governed}" CACHE FILEPATH "Set to ${governed} by ninjapool." FORCE)
    set(NINJAPOOL_NINJA "${behind}" CACHE FILEPATH "The ninja behind ninjapool's." FORCE)
    if(NOT is_ours)
      message(STATUS "ninjapool: builds are governed, ${behind} is behind ${governed}")
    endif()
  else()
    message(WARNING "ninjapool: CMAKE_MAKE_PROGRAM=${program} is yours and stays, so builds are not governed")
  endif()
endfunction()
_ninjapool_govern("${CMAKE_CURRENT_LIST_DIR}/ninjapool-ninja" "/usr/bin/ninja")

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
