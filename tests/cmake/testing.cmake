# What the scripts in scripts/ share: NinjaPool itself, an assertion, and a machine made of files.
cmake_policy(VERSION 3.20)
include(NinjaPool)

function(assert_equal actual expected)
  if(NOT "${actual}" STREQUAL "${expected}")
    message(FATAL_ERROR "expected '${expected}', got '${actual}'")
  endif()
endfunction()

# given(<file> <text>): the machine in SPACE has this file from now on.
function(given file text)
  file(WRITE "${SPACE}/${file}" "${text}")
  set(NINJAPOOL_ROOT_DIR "${SPACE}" PARENT_SCOPE)
endfunction()

# given_groups(<version> <path of this process> <mount root>): one tree of cgroups, mounted at
# /sys/fs/cgroup (v2), or one for each controller below it (v1).
function(given_groups version path root)
  if(version EQUAL 2)
    file(WRITE "${SPACE}/proc/self/cgroup" "0::${path}\n")
    file(WRITE "${SPACE}/proc/self/mountinfo"
      "30 23 0:26 ${root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n")
  else()
    set(groups "")
    set(mounts "")
    foreach(controllers IN ITEMS memory cpu,cpuacct cpuset)
      string(APPEND groups "4:${controllers}:${path}\n")
      string(APPEND mounts
        "31 23 0:27 ${root} /sys/fs/cgroup/${controllers} rw - cgroup cgroup rw,${controllers}\n")
    endforeach()
    file(WRITE "${SPACE}/proc/self/cgroup" "${groups}")
    file(WRITE "${SPACE}/proc/self/mountinfo" "${mounts}")
  endif()
  set(NINJAPOOL_ROOT_DIR "${SPACE}" PARENT_SCOPE)
endfunction()

function(assert_memory bytes reason)
  ninjapool_memory_limit(actual REASON why)
  assert_equal("${actual} ${why}" "${bytes} ${reason}")
endfunction()

function(assert_cpus count reason)
  ninjapool_cpu_limit(actual REASON why)
  assert_equal("${actual} ${why}" "${count} ${reason}")
endfunction()
