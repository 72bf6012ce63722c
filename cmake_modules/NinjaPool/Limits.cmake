# What the build may use: memory and CPUs, each the lowest of all the limits that apply.
#
# cmake_host_system_information() sees the host alone: no cgroup, no affinity, no quota. So the
# kernel's files are read here, on a host as in a container. Knows nothing of jobs.
#
# A file that is missing, unreadable or senseless means "no such limit". A limit is kept as two
# variables, <prefix>_value and <prefix>_why, both empty while nothing is known.

# ---------------------------------------------------------------- memory

# The lowest of physical memory and of the limits of all cgroups above this process, in bytes.
function(_ninjapool_lowest_memory prefix)
  set(limit_value "")
  set(limit_why "")
  _ninjapool_physical_memory(bytes)
  _ninjapool_lower(limit "${bytes}" "all of this machine's memory")
  _ninjapool_control_groups(groups memory)
  foreach(group IN LISTS groups)
    foreach(file IN ITEMS
        memory.max memory.high memory.limit_in_bytes memory.memsw.limit_in_bytes)
      _ninjapool_read_numbers(bytes "${group}/${file}")
      _ninjapool_lower(limit "${bytes}" "${group}/${file}")
    endforeach()
  endforeach()
  set(${prefix}_value "${limit_value}" PARENT_SCOPE)
  set(${prefix}_why "${limit_why}" PARENT_SCOPE)
endfunction()

function(_ninjapool_physical_memory out)
  set(bytes "")
  _ninjapool_read_numbers(text /proc/meminfo)
  if(text MATCHES "MemTotal:[ \t]*([0-9]+) kB")
    math(EXPR bytes "${CMAKE_MATCH_1} * 1024")
  elseif("${NINJAPOOL_ROOT_DIR}" STREQUAL "")
    cmake_host_system_information(RESULT mebibytes QUERY TOTAL_PHYSICAL_MEMORY)
    math(EXPR bytes "${mebibytes} * 1048576")
  endif()
  set(${out} "${bytes}" PARENT_SCOPE)
endfunction()

# ---------------------------------------------------------------- CPUs

# The lowest of what is online, this process's affinity, and all cpusets and quotas above it.
function(_ninjapool_lowest_cpus prefix)
  set(limit_value "")
  set(limit_why "")
  _ninjapool_online_cpus(cpus)
  _ninjapool_lower(limit "${cpus}" "all of this machine's CPUs")
  _ninjapool_affinity(cpus)
  _ninjapool_lower(limit "${cpus}" "CPU affinity")
  _ninjapool_control_groups(groups cpuset)
  foreach(group IN LISTS groups)
    foreach(file IN ITEMS cpuset.cpus.effective cpuset.cpus)
      _ninjapool_read_numbers(text "${group}/${file}")
      _ninjapool_count_cpus(cpus "${text}")
      _ninjapool_lower(limit "${cpus}" "${group}/${file}")
    endforeach()
  endforeach()
  _ninjapool_control_groups(groups cpu)
  foreach(group IN LISTS groups)
    _ninjapool_quota(cpus file "${group}")
    _ninjapool_lower(limit "${cpus}" "${group}/${file}")
  endforeach()
  set(${prefix}_value "${limit_value}" PARENT_SCOPE)
  set(${prefix}_why "${limit_why}" PARENT_SCOPE)
endfunction()

function(_ninjapool_online_cpus out)
  _ninjapool_read_numbers(text /sys/devices/system/cpu/online)
  _ninjapool_count_cpus(cpus "${text}")
  if("${cpus}${NINJAPOOL_ROOT_DIR}" STREQUAL "")
    cmake_host_system_information(RESULT cpus QUERY NUMBER_OF_LOGICAL_CORES)
  endif()
  set(${out} "${cpus}" PARENT_SCOPE)
endfunction()

function(_ninjapool_affinity out)
  set(cpus "")
  _ninjapool_read_numbers(text /proc/self/status)
  if(text MATCHES "Cpus_allowed_list:[ \t]*([-0-9,]+)")
    _ninjapool_count_cpus(cpus "${CMAKE_MATCH_1}")
  endif()
  set(${out} "${cpus}" PARENT_SCOPE)
endfunction()

# How many CPUs a kernel list such as `0-3,8,10-11` names; nothing for what is no such list.
function(_ninjapool_count_cpus out text)
  set(${out} "" PARENT_SCOPE)
  if(NOT text MATCHES "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$")
    return()
  endif()
  set(count 0)
  string(REPLACE "," ";" ranges "${text}")
  foreach(range IN LISTS ranges)
    string(REPLACE "-" ";" ends "${range}")
    list(GET ends 0 first)
    list(GET ends -1 last)
    math(EXPR count "${count} + ${last} - ${first} + 1")
  endforeach()
  set(${out} ${count} PARENT_SCOPE)
endfunction()

# The group's quota in whole CPUs, rounded up: half a CPU still runs one job.
function(_ninjapool_quota out out_file group)
  set(${out} "" PARENT_SCOPE)
  set(file cpu.max)
  _ninjapool_read_numbers(text "${group}/${file}")
  if(text MATCHES "^([0-9]+)[ \t]+([0-9]+)")
    set(quota ${CMAKE_MATCH_1})
    set(period ${CMAKE_MATCH_2})
  else()
    set(file cpu.cfs_quota_us)
    _ninjapool_read_numbers(quota "${group}/${file}") # -1 where there is no quota
    _ninjapool_read_numbers(period "${group}/cpu.cfs_period_us")
  endif()
  set(${out_file} ${file} PARENT_SCOPE)
  if("${quota} ${period}" MATCHES "^[0-9]+ [0-9]*[1-9][0-9]*$")
    math(EXPR cpus "(${quota} + ${period} - 1) / ${period}")
    set(${out} ${cpus} PARENT_SCOPE)
  endif()
endfunction()

# ---------------------------------------------------------------- control groups

# The folders of this process's own cgroup and of all its ancestors that can be seen, in the v2
# tree and in the v1 tree of <controller> alike: some machines have both, and any may bind.
function(_ninjapool_control_groups out controller)
  _ninjapool_read(own /proc/self/cgroup)
  _ninjapool_read(mounts /proc/self/mountinfo)
  set(in_list "([^\n]*,)?${controller}(,[^\n]*)?(\n|$)")
  set(mount "[0-9]+ [0-9]+ [0-9]+:[0-9]+ ([^ \n]+) ([^ \n]+) [^\n]* - ")
  set(all "")
  if(own MATCHES "(^|\n)0::([^\n]*)")
    set(group "${CMAKE_MATCH_2}")
    if(mounts MATCHES "${mount}cgroup2 ")
      _ninjapool_group_chain(chain "${CMAKE_MATCH_2}" "${CMAKE_MATCH_1}" "${group}")
      list(APPEND all ${chain})
    endif()
  endif()
  if(own MATCHES "(^|\n)[0-9]+:([^:\n]*,)?${controller}(,[^:\n]*)?:([^\n]*)")
    set(group "${CMAKE_MATCH_4}")
    if(mounts MATCHES "${mount}cgroup [^ \n]+ ${in_list}")
      _ninjapool_group_chain(chain "${CMAKE_MATCH_2}" "${CMAKE_MATCH_1}" "${group}")
      list(APPEND all ${chain})
    endif()
  endif()
  set(${out} "${all}" PARENT_SCOPE)
endfunction()

# From <group> up to the mount point. What is mounted may be a part of the tree (<mount_root>):
# then a group outside of it cannot be seen, and its limit is that of the mount point at best.
function(_ninjapool_group_chain out mount_point mount_root group)
  string(REGEX REPLACE "/$" "" mount_root "${mount_root}")
  string(FIND "${group}/" "${mount_root}/" at)
  set(path "${mount_point}")
  if(at EQUAL 0 AND NOT group MATCHES "\\.\\.")
    string(LENGTH "${mount_root}" length)
    string(SUBSTRING "${group}" ${length} -1 below)
    string(REGEX REPLACE "/$" "" path "${mount_point}${below}")
  endif()
  set(chain "")
  while(NOT path STREQUAL mount_point)
    if(NOT path MATCHES "[][;]") # a list cannot hold it, and no runtime makes such names
      list(APPEND chain "${path}")
    endif()
    get_filename_component(path "${path}" DIRECTORY)
  endwhile()
  set(${out} "${chain};${mount_point}" PARENT_SCOPE)
endfunction()

# ---------------------------------------------------------------- files

# NINJAPOOL_ROOT_DIR, where it is set, stands for /: a recorded machine instead of this one.
function(_ninjapool_read out path)
  set(text "")
  set(file "${NINJAPOOL_ROOT_DIR}${path}")
  if(EXISTS "${file}" AND NOT IS_DIRECTORY "${file}") # EXISTS asks for the right to read, too
    file(READ "${file}" text)
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The same for files of numbers. One of 19 digits or more would not fit math(EXPR), and stands
# for no limit: cgroup v1 writes 2^63 less a page where v2 writes `max`.
function(_ninjapool_read_numbers out path)
  _ninjapool_read(text "${path}")
  string(REPEAT "[0-9]" 19 too_long)
  string(REGEX REPLACE "${too_long}[0-9]*" "max" text "${text}")
  string(STRIP "${text}" text)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Makes <value> the limit if it is the lowest so far. Anything but a positive number is none.
function(_ninjapool_lower prefix value why)
  if(value MATCHES "^[0-9]*[1-9][0-9]*$"
      AND ("${${prefix}_value}" STREQUAL "" OR value LESS ${prefix}_value))
    set(${prefix}_value "${value}" PARENT_SCOPE)
    set(${prefix}_why "${why}" PARENT_SCOPE)
  endif()
endfunction()
