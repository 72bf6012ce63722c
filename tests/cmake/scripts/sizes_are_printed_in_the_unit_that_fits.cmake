include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(pair IN ITEMS
    "0=0 KiB" "12288=12 KiB" "1048576=1 MiB" "599785472=572 MiB" "1073741824=1.0 GiB"
    "6442450944=6.0 GiB" "2040109466=1.9 GiB" "1099511627776=1.0 TiB")
  string(REPLACE "=" ";" pair "${pair}")
  list(POP_FRONT pair bytes text)
  _ninjapool_format_size(actual ${bytes})
  assert_equal("${actual}" "${text}")
endforeach()
