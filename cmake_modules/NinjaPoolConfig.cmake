# find_package(NinjaPool) ends here; what it gives is documented in NinjaPool.cmake.
include("${CMAKE_CURRENT_LIST_DIR}/NinjaPool.cmake")
