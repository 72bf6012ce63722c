include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(text IN ITEMS "" "-1" "abc" "1e3" "5.G" "1x" "%" "4G 2" "0x10" "G" "1.2.3" "99999999T"
    "99999999999999999999")
  _ninjapool_parse_size(actual "${text}" 1000)
  assert_equal("${text}: ${actual}" "${text}: ")
endforeach()
