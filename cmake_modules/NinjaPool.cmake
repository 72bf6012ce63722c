# SPDX-License-Identifier: MIT
#[=======================================================================[.rst:
NinjaPool
---------

Keeps a build from running out of memory: sizes Ninja's job pools by what this machine, or this
container, really has.  Needs CMake 3.20 or newer, and no Python.

.. code-block:: cmake

  find_package(NinjaPool REQUIRED)   # or: include(NinjaPool)
  ninjapool_setup()
  ninjapool_target_memory(my_parser COMPILE 4G)

Ninja runs all pools at once, so they are sized together: the sum of what all running jobs hold
stays inside the memory, less a reserve, but for one moment in 1000.  What a job takes is known
from measured figures by compiler, build type, debug information, LTO, linker and sanitizers.
The depths are those of ``ninjapool inspect`` on the same machine.

Commands
^^^^^^^^

.. command:: ninjapool_setup

  Gives all targets of the build a job pool, ``ninjapool_compile`` and ``ninjapool_link``, at the
  end of the configure step::

    ninjapool_setup([MEMORY <size>] [RESERVE <size>] [CPUS <n>]
                    [COMPILE_JOBS <n>] [LINK_JOBS <n>]
                    [COMPILE_MEMORY <size>] [LINK_MEMORY <size>]
                    [PROFILE <name>] [QUIET])

  A ``<size>`` is written as ``6G``, ``1500M``, or as a share of the memory, ``50%``.

  ``MEMORY <size>``
    The memory to share out.  By default the lowest of physical memory and of the limits of all
    control groups (v1 and v2) above the build.  A machine that has less gives what it has.

  ``RESERVE <size>``
    What of it is kept for everything else: by default 1/8, 2 GiB from 16 GiB on, and 1/16 of a
    control group.

  ``CPUS <n>``
    How many jobs the CPUs are worth.  By default the lowest of online CPUs, affinity, cpusets and
    quotas; never more than that.

  ``COMPILE_JOBS <n>``, ``LINK_JOBS <n>``
    The depth of the pool, instead of a computed one.

  ``COMPILE_MEMORY <size>``, ``LINK_MEMORY <size>``
    What each job takes, instead of the figures of a profile.

  ``PROFILE <name>``
    Whose figures to take: ``generic`` (the default), ``cuda`` (the default where CUDA is used),
    ``llvm``, ``clang`` or ``mlir`` for projects whose sources are like those.

  ``QUIET``
    Prints no explanation.  Warnings are printed all the same.

  May be called before or after the targets are made, in any folder.  Of several calls the one of
  the top folder counts, else the first: a project has the say over what it includes.

.. command:: ninjapool_target_memory

  Tells that the jobs of a target take more memory than others::

    ninjapool_target_memory(<target> [COMPILE <size>] [LINK <size>])

  Such jobs get a pool for each size, named after it, and the other pools become the smaller by as
  much.  May be called before or after ``ninjapool_setup()`` and before the target is made; without
  ``ninjapool_setup()`` anywhere in the build it has no effect.

.. command:: ninjapool_memory_limit

  The memory that the build may use, in bytes; empty where nothing tells it::

    ninjapool_memory_limit(<out-var> [REASON <out-var>])

.. command:: ninjapool_cpu_limit

  The CPUs that the build may use; empty where nothing tells them::

    ninjapool_cpu_limit(<out-var> [REASON <out-var>])

  ``REASON`` gives the file or the fact that sets the limit, in both.

Variables
^^^^^^^^^

What the user sets wins over what the project says:

.. variable:: NINJAPOOL_MEMORY, NINJAPOOL_RESERVE, NINJAPOOL_CPUS, NINJAPOOL_COMPILE_JOBS, NINJAPOOL_LINK_JOBS, NINJAPOOL_COMPILE_MEMORY, NINJAPOOL_LINK_MEMORY, NINJAPOOL_PROFILE

  As the arguments of ``ninjapool_setup()``: ``cmake -DNINJAPOOL_LINK_JOBS=1``.

.. variable:: NINJAPOOL_ENABLE

  ``OFF`` leaves everything as it would be without NinjaPool.

.. variable:: NINJAPOOL_ROOT_DIR

  A folder with the ``proc`` and ``sys`` of another machine, to see what the build would get there.

What is left alone
^^^^^^^^^^^^^^^^^^

A target that has a ``JOB_POOL_COMPILE`` or ``JOB_POOL_LINK`` keeps it, be it its own, the
project's ``CMAKE_JOB_POOL_COMPILE`` or LLVM's; what such pools may hold is taken off the budget.
Pools that are declared, in the ``JOB_POOLS`` property or in ``CMAKE_JOB_POOLS``, stay declared.
Static libraries get no link pool, since ``ar`` takes little.  Custom commands get none, since CMake
knows no way to give them one from outside; nor do the builds of ``ExternalProject``, which are runs
of their own.

Job pools are Ninja's (``Ninja``, ``Ninja Multi-Config``).  With another generator nothing is
changed, and the message tells which ``-j`` to build with.
#]=======================================================================]

# A guard that goes by path would let a second copy in, and the functions of both would mix.
get_property(_ninjapool_file GLOBAL PROPERTY NINJAPOOL_FILE)
if(_ninjapool_file)
  return()
endif()
if(CMAKE_VERSION VERSION_LESS 3.20)
  message(FATAL_ERROR "NinjaPool needs CMake 3.20 or newer, this is ${CMAKE_VERSION}")
endif()
set_property(GLOBAL PROPERTY NINJAPOOL_FILE "${CMAKE_CURRENT_LIST_FILE}")

# Not cmake_minimum_required(), which would change what the including project asked for.
cmake_policy(PUSH)
cmake_policy(VERSION 3.20...4.4)

foreach(_ninjapool_part IN ITEMS
    Units Limits Budget Facts Demands Sizing Heavy Targets Pools Report)
  include("${CMAKE_CURRENT_LIST_DIR}/NinjaPool/${_ninjapool_part}.cmake")
endforeach()

function(ninjapool_setup)
  set(counts CPUS COMPILE_JOBS LINK_JOBS)
  set(sizes MEMORY RESERVE COMPILE_MEMORY LINK_MEMORY)
  cmake_parse_arguments(PARSE_ARGV 0 arg "QUIET" "PROFILE;${counts};${sizes}" "")
  _ninjapool_check_arguments("ninjapool_setup()")
  foreach(name IN LISTS counts)
    if(NOT "${arg_${name}}" STREQUAL "")
      _ninjapool_check_count("ninjapool_setup(${name})" "${arg_${name}}")
    endif()
  endforeach()
  foreach(name IN LISTS sizes)
    if(NOT "${arg_${name}}" STREQUAL "")
      _ninjapool_check_size(ignored "ninjapool_setup(${name})" "${arg_${name}}" 0)
    endif()
  endforeach()
  if(NOT "${arg_PROFILE}" STREQUAL "")
    _ninjapool_check_profile("ninjapool_setup(PROFILE ${arg_PROFILE})" "${arg_PROFILE}")
  endif()

  set(rank 1)
  if(CMAKE_CURRENT_SOURCE_DIR STREQUAL CMAKE_SOURCE_DIR)
    set(rank 2)
  endif()
  get_property(before GLOBAL PROPERTY NINJAPOOL_SETUP)
  if(before AND NOT rank GREATER before)
    return()
  endif()
  set_property(GLOBAL PROPERTY NINJAPOOL_SETUP ${rank})
  foreach(name IN ITEMS QUIET PROFILE ${counts} ${sizes})
    set_property(GLOBAL PROPERTY NINJAPOOL_SETUP_${name} ${arg_${name}})
  endforeach()
  _ninjapool_schedule()
endfunction()

function(ninjapool_target_memory target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COMPILE;LINK" "")
  _ninjapool_check_arguments("ninjapool_target_memory(${target})")
  if("${arg_COMPILE}${arg_LINK}" STREQUAL "")
    message(FATAL_ERROR "ninjapool_target_memory(${target}): say COMPILE <size>, LINK <size> or both")
  endif()
  foreach(class IN ITEMS compile link)
    string(TOUPPER ${class} name)
    if(NOT "${arg_${name}}" STREQUAL "")
      _ninjapool_check_size(
        bytes "ninjapool_target_memory(${target} ${name})" "${arg_${name}}")
      set_property(GLOBAL PROPERTY NINJAPOOL_HEAVY_${class}_${target} ${bytes})
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY NINJAPOOL_HEAVY ${target})
  _ninjapool_schedule()
endfunction()

function(ninjapool_memory_limit out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "REASON" "")
  _ninjapool_check_arguments("ninjapool_memory_limit(${out})")
  _ninjapool_lowest_memory(limit)
  set(${out} "${limit_value}" PARENT_SCOPE)
  if(DEFINED arg_REASON)
    set(${arg_REASON} "${limit_why}" PARENT_SCOPE)
  endif()
endfunction()

function(ninjapool_cpu_limit out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "REASON" "")
  _ninjapool_check_arguments("ninjapool_cpu_limit(${out})")
  _ninjapool_lowest_cpus(limit)
  set(${out} "${limit_value}" PARENT_SCOPE)
  if(DEFINED arg_REASON)
    set(${arg_REASON} "${limit_why}" PARENT_SCOPE)
  endif()
endfunction()

# An error for what cmake_parse_arguments() found nowhere, and for keywords without a value.
function(_ninjapool_check_arguments caller)
  if(DEFINED arg_UNPARSED_ARGUMENTS)
    string(REPLACE ";" ", " unknown "${arg_UNPARSED_ARGUMENTS}")
    message(FATAL_ERROR "${caller}: unknown argument: ${unknown}")
  elseif(DEFINED arg_KEYWORDS_MISSING_VALUES)
    string(REPLACE ";" ", " missing "${arg_KEYWORDS_MISSING_VALUES}")
    message(FATAL_ERROR "${caller}: needs a value: ${missing}")
  endif()
endfunction()

unset(_ninjapool_file)
unset(_ninjapool_part)
cmake_policy(POP)
