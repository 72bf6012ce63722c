# Written by `ninjapool configure`, and written anew by the next one: do not edit.
# `cmake -C` reads this last and sets the depths of LLVM's own job pools.
# A value of your own (-D, preset, toolchain file, cache editor) stays.
#
# memory   8.0 GiB: cgroup /build (memory.max)
# reserve  1.0 GiB: an eighth of the memory
# CPUs     16: online

cmake_policy(PUSH)
cmake_policy(VERSION 3.15...4.0)

# -D, a preset and the project each write a help text of their own beside a cached value, and an
# editor leaves the old one. So a value is ours, and may be changed, if the help text names it.
function(_ninjapool_set name depth)
  get_property(value CACHE "${name}" PROPERTY VALUE)
  get_property(help CACHE "${name}" PROPERTY HELPSTRING)
  if("${value}" STREQUAL "" OR "${help}" STREQUAL "Set to ${value} by ninjapool.")
    set("${name}" "${depth}" CACHE STRING "Set to ${depth} by ninjapool." FORCE)
    if(NOT "${depth}" STREQUAL "")
      message(STATUS "ninjapool: ${name}=${depth}")
    endif()
  else()
    message(STATUS "ninjapool: ${name}=${value} is yours and stays")
  endif()
endfunction()

function(_ninjapool_drop name reason)
  get_property(value CACHE "${name}" PROPERTY VALUE)
  if(value)
    message(WARNING "ninjapool: ${name}=${value} is not used: ${reason}")
  endif()
  unset("${name}" CACHE)
endfunction()

if(CMAKE_GENERATOR AND NOT CMAKE_GENERATOR MATCHES "Ninja")
  message(STATUS "ninjapool: ${CMAKE_GENERATOR} has no job pools, build with -j6")
  cmake_policy(POP)
  return()
endif()

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

# compile: no pool, its jobs are governed
_ninjapool_set(LLVM_PARALLEL_COMPILE_JOBS "")

# link: no pool, its jobs are governed
_ninjapool_set(LLVM_PARALLEL_LINK_JOBS "")

# tablegen: no pool, its jobs are governed
_ninjapool_set(LLVM_PARALLEL_TABLEGEN_JOBS "")

# flang: no pool, its jobs are governed
_ninjapool_set(FLANG_PARALLEL_COMPILE_JOBS "")

# With these, LLVM would overwrite the depths above.
string(CONCAT by_host
  "LLVM would give each pool all of the host's memory, and see no container's limit. "
  "Say it as `ninjapool configure")
_ninjapool_drop(LLVM_RAM_PER_COMPILE_JOB "${by_host} --compile-memory ${LLVM_RAM_PER_COMPILE_JOB}M`.")
_ninjapool_drop(LLVM_RAM_PER_LINK_JOB "${by_host} --link-memory ${LLVM_RAM_PER_LINK_JOB}M`.")
_ninjapool_drop(LLVM_RAM_PER_TABLEGEN_JOB "${by_host} --tablegen-jobs`.")

# CMake ignores these as soon as LLVM has pools of its own, and ninja dies of a pool it does not know.
string(CONCAT beside
  "it cannot stand beside LLVM's own pools. "
  "Say the depths as `ninjapool configure --compile-jobs N --link-jobs N`.")
foreach(name IN ITEMS CMAKE_JOB_POOLS CMAKE_JOB_POOL_COMPILE CMAKE_JOB_POOL_LINK
                      CMAKE_JOB_POOL_PRECOMPILE_HEADER)
  _ninjapool_drop("${name}" "${beside}")
endforeach()

cmake_policy(POP)
