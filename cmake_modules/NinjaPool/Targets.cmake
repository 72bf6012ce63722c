# The targets of the whole build, their jobs, and the pools that they have. Knows no memory.

# All folders from <folder> down, and the targets that are made in them.
function(_ninjapool_walk out_folders out_targets folder)
  set(folders "${folder}")
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  get_property(below DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(subfolder IN LISTS below)
    _ninjapool_walk(more_folders more_targets "${subfolder}")
    list(APPEND folders ${more_folders})
    list(APPEND targets ${more_targets})
  endforeach()
  set(${out_folders} "${folders}" PARENT_SCOPE)
  set(${out_targets} "${targets}" PARENT_SCOPE)
endfunction()

# How many jobs of a class the target has. `ar` takes no memory worth a pool: a static library
# has no link job here, though CMake's JOB_POOL_LINK would hold it back, too.
function(_ninjapool_count_jobs out target class)
  set(count 0)
  get_target_property(type ${target} TYPE)
  if(class STREQUAL "link" AND type MATCHES "^(EXECUTABLE|SHARED_LIBRARY|MODULE_LIBRARY)$")
    set(count 1)
  elseif(class STREQUAL "compile" AND type MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE|OBJECT)_LIBRARY)$")
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources EXCLUDE REGEX
      "TARGET_OBJECTS|[.](h|hh|hpp|hxx|inc|inl|ipp|tpp|def|td|rc|txt|in|md|json)$")
    list(LENGTH sources count)
    _ninjapool_clamp(count 1 99999)
  endif()
  set(${out} ${count} PARENT_SCOPE)
endfunction()

# Whether somebody has decided on the pool of the target's jobs, be it for none; and which it is.
function(_ninjapool_foreign_pool out_taken out_pool target class)
  string(TOUPPER JOB_POOL_${class} property)
  get_property(taken TARGET ${target} PROPERTY ${property} SET)
  get_property(pool TARGET ${target} PROPERTY ${property})
  if(pool MATCHES "^ninjapool_")
    set(taken FALSE)
    set(pool "")
  endif()
  set(${out_taken} ${taken} PARENT_SCOPE)
  set(${out_pool} "${pool}" PARENT_SCOPE)
endfunction()

function(_ninjapool_set_pool target class pool)
  string(TOUPPER JOB_POOL_${class} property)
  set_property(TARGET ${target} PROPERTY ${property} ${pool})
endfunction()

# ---------------------------------------------------------------- the JOB_POOLS property

# All pools that are declared, as <name>=<depth>, each name once. CMake forgets the variable as
# soon as the property is set, and ninja refuses a name that is declared twice.
function(_ninjapool_declared_pools out)
  get_property(pools GLOBAL PROPERTY JOB_POOLS)
  list(APPEND pools ${CMAKE_JOB_POOLS})
  set(names "")
  set(once "")
  foreach(pool IN LISTS pools)
    string(REGEX REPLACE "=.*" "" name "${pool}")
    if(NOT name IN_LIST names)
      list(APPEND names "${name}")
      list(APPEND once "${pool}")
    endif()
  endforeach()
  set(${out} "${once}" PARENT_SCOPE)
endfunction()

# The depth of a pool in such a list; empty where it is not in it, or is no plain number.
function(_ninjapool_declared_depth out name pools)
  set(${out} "" PARENT_SCOPE)
  foreach(pool IN LISTS pools)
    if(pool MATCHES "^(.*)=([0-9]+)$" AND CMAKE_MATCH_1 STREQUAL name)
      set(${out} ${CMAKE_MATCH_2} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# Declares one of our own pools, in the place of what stood under that name before.
function(_ninjapool_declare list name depth)
  set(pools "${${list}}")
  list(FILTER pools EXCLUDE REGEX "^${name}=")
  list(APPEND pools ${name}=${depth})
  set(${list} "${pools}" PARENT_SCOPE)
endfunction()
