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

message(STATUS "ninjapool: job pools for 8.0 GiB, cgroup /build (memory.max)")

# compile: 5 at once
#   5 compile jobs fit into 7.0 GiB
#   profile example
_ninjapool_set(LLVM_PARALLEL_COMPILE_JOBS 5)

# link: 2 at once
#   2 link jobs fit into 7.0 GiB
#   profile example
_ninjapool_set(LLVM_PARALLEL_LINK_JOBS 2)

# tablegen: 4 at once
#   4 tablegen jobs fit into 7.0 GiB
#   profile example
_ninjapool_set(LLVM_PARALLEL_TABLEGEN_JOBS 4)

# flang: 1 at once
#   1 flang jobs fit into 7.0 GiB
#   profile example
_ninjapool_set(FLANG_PARALLEL_COMPILE_JOBS 1)

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
