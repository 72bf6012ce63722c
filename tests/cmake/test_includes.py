"""The cache script beside those who use CMake's include variables too."""

import pytest

pytestmark = [pytest.mark.cmake, pytest.mark.build]

POOLS = {"ninjapool_compile": 5, "ninjapool_link": 2}

# What Conan 2 does: the file must be in CMAKE_PROJECT_TOP_LEVEL_INCLUDES, for only there may a
# dependency provider be set; without it find_package(bread) fails.
PROVIDER = """
macro(provide method name)
  set(${name}_FOUND TRUE)
  add_library(bread INTERFACE)
  target_compile_definitions(bread INTERFACE BREAD=0)
endmacro()
cmake_language(SET_DEPENDENCY_PROVIDER provide SUPPORTED_METHODS FIND_PACKAGE)
"""
CONSUMER = """
cmake_minimum_required(VERSION 3.16)
project(consumer C)
find_package(bread REQUIRED)
add_executable(eat main.c)
target_link_libraries(eat PRIVATE bread)
"""
PLAIN = """
cmake_minimum_required(VERSION 3.16)
project(plain C)
add_executable(eat main.c)
target_compile_definitions(eat PRIVATE BREAD=${FROM_IDE})
"""


@pytest.fixture
def consumer(space):
    space.write("main.c", "int main(void) { return BREAD; }\n")
    space.write("conan_provider.cmake", PROVIDER)
    space.write("CMakeLists.txt", CONSUMER)
    space.emit()
    return space


def cached(space, name):
    lines = (space.source / "build/CMakeCache.txt").read_text().splitlines()
    return next((line.split("=", 1)[1] for line in lines if line.startswith(f"{name}:")), None)


@pytest.mark.parametrize("where", ["-D", "CMakeLists"])
def test_conans_provider_stays(consumer, cmake_top_level, where):
    provider = consumer.source / "conan_provider.cmake"
    arguments = [f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={provider}"]
    if where == "CMakeLists":
        line = "list(APPEND CMAKE_PROJECT_TOP_LEVEL_INCLUDES conan_provider.cmake)\n"
        consumer.write("CMakeLists.txt", CONSUMER.replace("project(", f"{line}project("))
        arguments = []
    consumer.configure(cmake_top_level, *arguments)
    assert consumer.pools() == POOLS
    assert consumer.pool_of("eat") == "ninjapool_link"
    consumer.run(cmake_top_level.path, "--build", "build")


def test_a_preset_with_conans_provider_and_the_script(consumer, cmake_top_level):
    consumer.write(
        "CMakePresets.json",
        """{"version": 3, "configurePresets": [{
             "name": "conan", "generator": "Ninja", "binaryDir": "${sourceDir}/build",
             "cacheVariables": {
               "CMAKE_PROJECT_TOP_LEVEL_INCLUDES": "${sourceDir}/conan_provider.cmake"
             }}]}""",
    )
    script = consumer.cache_script
    consumer.run(cmake_top_level.path, "--preset", "conan", "-C", script)
    assert consumer.pools() == POOLS
    consumer.run(cmake_top_level.path, "--build", "build")


def test_again_and_again_it_stands_there_once(consumer, cmake_top_level):
    provider = consumer.source / "conan_provider.cmake"
    copied = consumer.write("elsewhere/ninjapool-hook.cmake", "message(FATAL_ERROR stale)\n")
    name = "CMAKE_PROJECT_TOP_LEVEL_INCLUDES"
    consumer.configure(cmake_top_level, f"-D{name}={copied};{provider}")
    for _ in range(2):
        consumer.configure(cmake_top_level, generator="")
        assert cached(consumer, name) == f"{provider};{consumer.hook}"


def test_before_3_24_the_ides_include_stays(consumer, cmake_one_include):
    ide = consumer.write("ide.cmake", "set(FROM_IDE 0)\n")
    consumer.write("CMakeLists.txt", PLAIN)
    for _ in range(2):
        consumer.configure(cmake_one_include, f"-DCMAKE_PROJECT_INCLUDE={ide}")
        assert consumer.pools() == POOLS
        consumer.run(cmake_one_include.path, "--build", "build")
    assert cached(consumer, "CMAKE_PROJECT_INCLUDE_BEFORE") == str(consumer.hook)


def test_before_3_24_without_a_free_include_it_says_so(consumer, cmake_one_include):
    ide = consumer.write("ide.cmake", "set(FROM_IDE 0)\n")
    consumer.write("CMakeLists.txt", PLAIN)
    both = [f"-D{name}={ide}" for name in ("CMAKE_PROJECT_INCLUDE", "CMAKE_PROJECT_INCLUDE_BEFORE")]
    told = consumer.configure(cmake_one_include, *both)
    assert "job pools cannot be added" in told
    assert consumer.pools() == {}
    consumer.run(cmake_one_include.path, "--build", "build")


def test_a_blank_and_a_dollar_in_the_path_do_no_harm(space, cmake, tmp_path):
    space.root = tmp_path / "with blank $dollar"
    space.write("main.c", "int main(void) { return 0; }\n")
    space.write("CMakeLists.txt", PLAIN.replace("${FROM_IDE}", "1"))
    space.emit()
    space.configure(cmake)
    assert space.pools() == POOLS
