export MAX_JOBS=6
export NVCC_THREADS=2
export CMAKE_BUILD_PARALLEL_LEVEL=6
export CARGO_BUILD_JOBS=6
export MAKEFLAGS=-j6
export NINJAPOOL_MESON_ARGS=-Dbackend_max_links=2
export NINJAPOOL_GN_ARGS=concurrent_links=2
export NINJAPOOL_BAZEL_ARGS='--local_resources=memory=7168 --local_resources=cpu=16'
