include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(CMAKE_LINKER_TYPE MOLD)
_ninjapool_linker(actual CXX "-O2")
assert_equal(${actual} gold) # the figures of gold stand for mold
foreach(pair IN ITEMS "-fuse-ld=lld=lld" "-fuse-ld=gold=gold" "-fuse-ld=bfd=bfd"
    "--ld-path=/usr/bin/ld.lld-19=lld" "-fuse-ld=lld -fuse-ld=mold=gold" "-fuse-ld=strange=bfd")
  string(REGEX MATCH "^(.*)=([a-z]+)$" pair "${pair}")
  set(expected ${CMAKE_MATCH_2})
  string(REPLACE " " ";" flags "${CMAKE_MATCH_1}")
  _ninjapool_linker(actual CXX "${flags}")
  assert_equal("${flags}: ${actual}" "${flags}: ${expected}")
endforeach()
set(CMAKE_LINKER_TYPE DEFAULT)
set(CMAKE_CXX_COMPILER_LINKER_ID LLD)
_ninjapool_linker(actual CXX "")
assert_equal(${actual} lld)
