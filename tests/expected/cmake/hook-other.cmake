# Written by `ninjapool configure`, and written anew by the next one: do not edit.
# The project includes this file. At the end of its CMakeLists, every target that compiles or links
# gets a job pool, unless it has one already. A change here makes ninja run CMake, and rebuilds nothing.
#
# memory   8.0 GiB: cgroup /build (memory.max)
# reserve  1.0 GiB: an eighth of the memory
# CPUs     16: online

# include_guard() goes by path; this also keeps out a second copy of the file.
get_property(_ninjapool_is_here GLOBAL PROPERTY NINJAPOOL_HOOK)
if(_ninjapool_is_here)
  return()
endif()
set_property(GLOBAL PROPERTY NINJAPOOL_HOOK 1)

if(NOT CMAKE_GENERATOR MATCHES "Ninja")
  message(STATUS "ninjapool: ${CMAKE_GENERATOR} has no job pools, build with -j6")
  return()
elseif(CMAKE_VERSION VERSION_LESS 3.19)
  # Before 3.19 nothing can be put off to the end, and a project that then sets JOB_POOLS of its own
  # would throw ours away, while its targets still name them: ninja would not even start.
  message(STATUS "ninjapool: CMake before 3.19 takes no job pools from outside, build with -j6")
  return()
endif()

cmake_policy(PUSH)
cmake_policy(VERSION 3.19...4.0)

# CMake ignores the variable CMAKE_JOB_POOLS once the property is set, and ninja accepts no name
# twice. So this takes over both, the project's own first, and each name once.
function(_ninjapool_merge_pools)
  get_property(pools GLOBAL PROPERTY JOB_POOLS)
  list(APPEND pools ${CMAKE_JOB_POOLS})
  # compile: 5 at once
  #   5 compile jobs fit into 7.0 GiB
  #   profile example
  list(APPEND pools ninjapool_compile=5)
  # link: 2 at once
  #   2 link jobs fit into 7.0 GiB
  #   profile example
  list(APPEND pools ninjapool_link=2)
  set(names "")
  set(merged "")
  foreach(pool IN LISTS pools)
    string(REGEX REPLACE "=.*" "" name "${pool}")
    if(NOT name IN_LIST names)
      list(APPEND names "${name}")
      list(APPEND merged "${pool}")
    endif()
  endforeach()
  set_property(GLOBAL PROPERTY JOB_POOLS "${merged}")
endfunction()

function(_ninjapool_put target property pool)
  get_property(has_one TARGET "${target}" PROPERTY "${property}" SET)
  if(NOT has_one)
    set_property(TARGET "${target}" PROPERTY "${property}" "${pool}")
  endif()
endfunction()

function(_ninjapool_assign directory)
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_property(type TARGET "${target}" PROPERTY TYPE)
    if(type MATCHES "^(EXECUTABLE|STATIC_LIBRARY|SHARED_LIBRARY|MODULE_LIBRARY|OBJECT_LIBRARY)$")
      _ninjapool_put("${target}" JOB_POOL_COMPILE ninjapool_compile)
    endif()
    if(type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)$")
      _ninjapool_put("${target}" JOB_POOL_LINK ninjapool_link)
    endif()
  endforeach()
  get_property(subdirectories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(subdirectory IN LISTS subdirectories)
    _ninjapool_assign("${subdirectory}")
  endforeach()
endfunction()

function(_ninjapool_finish)
  _ninjapool_merge_pools()
  _ninjapool_assign("${CMAKE_SOURCE_DIR}")
  message(STATUS "ninjapool: job pools for 8.0 GiB, cgroup /build (memory.max)")
endfunction()

# Put off twice: the project may add targets in deferred calls of its own.
function(_ninjapool_last)
  cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _ninjapool_finish)
endfunction()
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _ninjapool_last)

cmake_policy(POP)
