# How many jobs of each class one budget holds at once. Knows no machine and no project.
#
# The same sums as ninjapool/plan/sizing.py, where the rule is explained, and the same depths:
# depths d are safe if  sum of d * K(t) + ln(1 / risk) <= t * budget  for some t of a grid.
#
# The caller has, for each class (compile, link), these variables, which the functions see:
#   <class>_pressure  K(t) in billionths, for each t of the grid
#   <class>_mean      mean MiB of a running job
#   <class>_share     the class's share of the build's time, in millionths
#   <class>_cap       never deeper than this
#   <class>_fixed     the user's own depth, or empty
# and `thetas` and `unluck` from tables/grid.cmake.

# Sets <class>_depth for each of the classes, and `covered` to those of which one job at least
# is safe when it runs alone. The others get one job and are left out of the sum: no depth of
# the rest could save them.
function(_ninjapool_size_pools budget_mib)
  set(covered "")
  foreach(class IN LISTS ARGN)
    set(${class}_depth 1)
    _ninjapool_fits(alone ${budget_mib} ${class})
    if(alone)
      list(APPEND covered ${class})
    endif()
  endforeach()
  set(open ${covered})
  foreach(class IN LISTS ARGN)
    if(NOT "${${class}_fixed}" STREQUAL "")
      set(${class}_depth ${${class}_fixed})
      list(REMOVE_ITEM open ${class})
    endif()
  endforeach()
  while(open)
    _ninjapool_most_gain(class ${open})
    set(before ${${class}_depth})
    math(EXPR ${class}_depth "${before} + 1")
    set(fits FALSE)
    if(${class}_depth LESS_EQUAL ${class}_cap)
      _ninjapool_fits(fits ${budget_mib} ${covered})
    endif()
    if(NOT fits)
      set(${class}_depth ${before})
      list(REMOVE_ITEM open ${class})
    endif()
  endwhile()
  foreach(class IN LISTS ARGN)
    set(${class}_depth ${${class}_depth} PARENT_SCOPE)
  endforeach()
  set(covered "${covered}" PARENT_SCOPE)
endfunction()

# The class for which one job more saves the most time for each MiB that it takes.
function(_ninjapool_most_gain out)
  set(best_gain -1)
  foreach(class IN LISTS ARGN)
    set(depth ${${class}_depth})
    math(EXPR gain
      "${${class}_share} * 1000000 / (${depth} * (${depth} + 1)) / ${${class}_mean}")
    if(gain GREATER best_gain)
      set(best_gain ${gain})
      set(best ${class})
    endif()
  endforeach()
  set(${out} ${best} PARENT_SCOPE)
endfunction()

# Whether all running jobs of these classes stay inside the budget, but for the accepted risk.
function(_ninjapool_fits out budget_mib)
  set(fits FALSE)
  set(step 0)
  foreach(theta IN LISTS thetas)
    _ninjapool_needed(needed ${step} ${ARGN})
    math(EXPR room "${theta} * ${budget_mib} - ${needed}")
    if(room GREATER_EQUAL 0)
      set(fits TRUE)
      break()
    endif()
    math(EXPR step "${step} + 1")
  endforeach()
  set(${out} ${fits} PARENT_SCOPE)
endfunction()

# The left side of the rule at one t.
function(_ninjapool_needed out step)
  set(needed ${unluck})
  foreach(class IN LISTS ARGN)
    list(GET ${class}_pressure ${step} pressure)
    math(EXPR needed "${needed} + ${${class}_depth} * ${pressure}")
  endforeach()
  set(${out} ${needed} PARENT_SCOPE)
endfunction()

# The least budget in which these depths are safe, and the number of the t that says so.
function(_ninjapool_needed_mib out out_step)
  set(least "")
  set(step 0)
  foreach(theta IN LISTS thetas)
    _ninjapool_needed(needed ${step} ${ARGN})
    math(EXPR kib "(${needed} * 1024 + ${theta} - 1) / ${theta}")
    if(least STREQUAL "" OR kib LESS least)
      set(least ${kib})
      set(best ${step})
    endif()
    math(EXPR step "${step} + 1")
  endforeach()
  math(EXPR mib "(${least} + 1023) / 1024")
  set(${out} ${mib} PARENT_SCOPE)
  set(${out_step} ${best} PARENT_SCOPE)
endfunction()

# The pressure of a job that takes just <kib>, all its life: t * memory.
function(_ninjapool_flat_pressure out kib)
  set(pressure "")
  foreach(theta IN LISTS thetas)
    math(EXPR one "(${theta} * ${kib} + 1023) / 1024")
    list(APPEND pressure ${one})
  endforeach()
  set(${out} "${pressure}" PARENT_SCOPE)
endfunction()
