include("${CMAKE_CURRENT_LIST_DIR}/../testing.cmake")

set(CMAKE_CXX_COMPILER_ID GNU)
_ninjapool_demands(16 68719476736)
set(classes compile link)
set(heavy_sizes 4096 2048)
set(heavy_4096_jobs 10)
set(heavy_2048_jobs 20)
_ninjapool_size_heavy(60000 16 120000) # 40960 + 40960 + 120000 wait
assert_equal("${heavy_4096_pool} ${heavy_4096_depth}" "ninjapool_heavy_4096m 2")
assert_equal("${heavy_2048_pool} ${heavy_2048_depth}" "ninjapool_heavy_2048m 5")
assert_equal(${heavy_total} 18432)
