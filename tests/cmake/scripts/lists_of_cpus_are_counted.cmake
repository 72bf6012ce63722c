include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(pair IN ITEMS "0-3,8,10-11=7" "0=1" "0-0=1" "0,0-1=2" "5-2=0" "=0" "a=0" "0-=0" "0-99999999=0")
  string(REGEX MATCH "^(.*)=(.*)$" pair "${pair}")
  set(count ${CMAKE_MATCH_2})
  _ninjapool_parse_cpu_list(cpus "${CMAKE_MATCH_1}")
  list(LENGTH cpus actual)
  assert_equal("${pair}: ${actual}" "${pair}: ${count}")
endforeach()
