include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(pair IN ITEMS
    "6G=6442450944" "1500M=1572864000" "1.5GiB=1610612736" "2 g=2147483648" "2gb=2147483648"
    "7B=7" "12=12" "0=0" ".5G=536870912" "08M=8388608" "1T=1099511627776" "3kib=3072")
  string(REPLACE "=" ";" pair "${pair}")
  list(POP_FRONT pair text bytes)
  _ninjapool_parse_size(actual "${text}")
  assert_equal("${text}: ${actual}" "${text}: ${bytes}")
endforeach()
