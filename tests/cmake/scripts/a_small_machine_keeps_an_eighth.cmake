include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(pair IN ITEMS "8589934592=1073741824" "1073741824=201326592" "268435456=134217728"
    "17179869184=2147483648")
  string(REPLACE "=" ";" pair "${pair}")
  list(POP_FRONT pair memory expected)
  _ninjapool_reserve_figure(actual why ${memory} FALSE)
  assert_equal("${actual}" "${expected}")
endforeach()
