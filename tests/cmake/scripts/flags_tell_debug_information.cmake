include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

foreach(pair IN ITEMS
    "-O2=none" "-g=full" "-g3=full" "-ggdb3=full" "-gdwarf-5=full" "-g0=none" "-g1=lines"
    "-gmlt=lines" "-gline-tables-only=lines" "-g -g0=none" "-g1 -g=full" "-gz=none" "/Zi=full"
    "-gcolumn-info=none" "-Og=none")
  string(REPLACE "=" ";" pair "${pair}")
  list(POP_FRONT pair flags expected)
  string(REPLACE " " ";" flags "${flags}")
  _ninjapool_debug_info(actual split RELEASE "${flags}")
  assert_equal("${flags}: ${actual} ${split}" "${flags}: ${expected} full")
endforeach()
_ninjapool_debug_info(actual split DEBUG "-g;-gsplit-dwarf=single")
assert_equal("${actual} ${split}" "full split")
_ninjapool_debug_info(actual split DEBUG "-g;-gsplit-dwarf;-gno-split-dwarf")
assert_equal("${actual} ${split}" "full full")
