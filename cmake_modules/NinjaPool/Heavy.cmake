# Pools for the targets of ninjapool_target_memory(). Knows no machine: a budget, and jobs.
#
# Their jobs take what was said of them, so they need no statistics: a pool takes its depth times
# its size out of the budget, and Sizing.cmake shares out the rest. One pool for each size, since
# a job of 2 GiB need not wait as if it took 8.
#
# The caller has `heavy_sizes`, the sizes in MiB, for each `heavy_<size>_jobs`, how many jobs, and
# for the `classes` of all other jobs what Sizing.cmake wants.

# Sets heavy_<size>_depth and heavy_<size>_pool for each size, and `heavy_total`, in MiB.
#
# Each pool has the share of the budget that its jobs have of all the memory that is waited for
# (<others> MiB by all other jobs), but holds one job at least. If one job of each size leaves no
# room for the others, all sizes share one pool, which then counts as the largest.
function(_ninjapool_size_heavy budget_mib cpus others)
  set(waiting ${others})
  foreach(size IN LISTS heavy_sizes)
    set(heavy_${size}_pool ninjapool_heavy_${size}m)
    math(EXPR waiting "${waiting} + ${size} * ${heavy_${size}_jobs}")
  endforeach()
  foreach(size IN LISTS heavy_sizes)
    math(EXPR depth "${budget_mib} * ${heavy_${size}_jobs} / ${waiting}")
    _ninjapool_clamp(depth 1 ${cpus})
    _ninjapool_clamp(depth 1 ${heavy_${size}_jobs})
    set(heavy_${size}_depth ${depth})
  endforeach()
  _ninjapool_leave_room(fits ${budget_mib})
  list(LENGTH heavy_sizes sizes)
  if(NOT fits AND sizes GREATER 1)
    foreach(size IN LISTS heavy_sizes)
      set(heavy_${size}_pool ninjapool_heavy)
    endforeach()
  endif()
  _ninjapool_sum_heavy(heavy_total)
  foreach(size IN LISTS heavy_sizes)
    set(heavy_${size}_pool ${heavy_${size}_pool} PARENT_SCOPE)
    set(heavy_${size}_depth ${heavy_${size}_depth} PARENT_SCOPE)
  endforeach()
  set(heavy_total ${heavy_total} PARENT_SCOPE)
endfunction()

# Takes jobs from the pool that has the most memory until the others have room for one each;
# false where they have not even when each heavy pool holds one job.
function(_ninjapool_leave_room out budget_mib)
  set(fits FALSE)
  set(largest none)
  while(NOT fits AND NOT largest STREQUAL "")
    _ninjapool_sum_heavy(total)
    _ninjapool_others_fit(fits ${budget_mib} ${total})
    _ninjapool_largest_pool(largest)
    if(NOT fits AND NOT largest STREQUAL "")
      math(EXPR heavy_${largest}_depth "${heavy_${largest}_depth} - 1")
    endif()
  endwhile()
  foreach(size IN LISTS heavy_sizes)
    set(heavy_${size}_depth ${heavy_${size}_depth} PARENT_SCOPE)
  endforeach()
  set(${out} ${fits} PARENT_SCOPE)
endfunction()

# The size whose pool takes the most memory among those that hold several jobs.
function(_ninjapool_largest_pool out)
  set(best "")
  set(best_mib 0)
  foreach(size IN LISTS heavy_sizes)
    math(EXPR mib "${size} * ${heavy_${size}_depth}")
    if(heavy_${size}_depth GREATER 1 AND mib GREATER best_mib)
      set(best ${size})
      set(best_mib ${mib})
    endif()
  endforeach()
  set(${out} "${best}" PARENT_SCOPE)
endfunction()

function(_ninjapool_sum_heavy out)
  set(total 0)
  foreach(size IN LISTS heavy_sizes)
    if(heavy_${size}_pool STREQUAL "ninjapool_heavy")
      _ninjapool_clamp(total ${size} "1 << 40") # shared, one job at a time: the largest counts
    else()
      math(EXPR total "${total} + ${size} * ${heavy_${size}_depth}")
    endif()
  endforeach()
  set(${out} ${total} PARENT_SCOPE)
endfunction()

# Whether what the heavy pools leave holds one job of each other class, or as many as are fixed.
function(_ninjapool_others_fit out budget_mib heavy_mib)
  foreach(class IN LISTS classes)
    set(${class}_depth 1)
    if(NOT "${${class}_fixed}" STREQUAL "")
      set(${class}_depth ${${class}_fixed})
    endif()
  endforeach()
  math(EXPR rest "${budget_mib} - ${heavy_mib}")
  _ninjapool_fits(fits ${rest} ${classes})
  set(${out} ${fits} PARENT_SCOPE)
endfunction()
