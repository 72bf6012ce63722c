include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(CMAKE_CXX_COMPILER_ID GNU)
set(directory_compile_options -g -gsplit-dwarf)
set(directory_link_options -fuse-ld=gold)
_ninjapool_facts(actual Release)
assert_equal("${actual_compile} ${actual_link}" "gcc_full_none off_split_gold_none")
