include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(pair IN ITEMS "8589934592=536870912" "524288000=67108864" "68719476736=1073741824")
  string(REPLACE "=" ";" pair "${pair}")
  list(POP_FRONT pair memory expected)
  _ninjapool_reserve_figure(actual why ${memory} TRUE)
  assert_equal("${actual}" "${expected}")
endforeach()
