"""Writes a real C++ project whose sources take g++ from 0.3 to 0.9 GiB each, by templates alone.

    python -m examples.replay.heavy_sources FOLDER --count 40 --seed 1
    cmake -S FOLDER -B FOLDER/build -G Ninja && ninja -C FOLDER/build

Two common habits of C++ libraries do it: type lists that are built one type at a time (memory
grows with the square of their length, in little time), and a container with its algorithms
instantiated for each of many key types (memory and time grow together).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from random import Random
from string import Template

CMAKE = Template("""\
cmake_minimum_required(VERSION 3.16)
project(heavy LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 17)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O1")
add_executable(heavy main.cpp $sources)
""")

MAIN = Template("""\
$declarations

int main() {
  unsigned long sum = 0;
$calls
  return sum == 0;
}
""")

SOURCE = Template("""\
#include <algorithm>
#include <cstddef>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// A type list, built one type at a time.
template <unsigned I, class... T>
struct List : List<I - 1, T..., std::integral_constant<unsigned, I>> {};
template <class... T>
struct List<0, T...> {
  static constexpr unsigned long size = sizeof...(T);
};
template <std::size_t... I>
constexpr unsigned long total(std::index_sequence<I...>) {
  return (List<I>::size + ...);
}

// A map and a sort for each of many key types.
template <unsigned I>
struct Key {
  unsigned long value;
  bool operator<(const Key& other) const { return value < other.value; }
};
template <unsigned I>
unsigned long count(unsigned long seed) {
  std::map<Key<I>, std::vector<Key<I>>> groups;
  for (unsigned long i = 0; i < seed % 7; ++i) groups[Key<I>{i * seed}].push_back(Key<I>{i});
  unsigned long sum = 0;
  for (auto& [key, group] : groups) {
    std::sort(group.begin(), group.end());
    sum += key.value + group.size();
  }
  return sum;
}
template <std::size_t... I>
unsigned long count_all(unsigned long seed, std::index_sequence<I...>) {
  return (count<I>(seed) + ...);
}

}  // namespace

unsigned long $name() {
  return total(std::make_index_sequence<$types>{}) +
         count_all($seed, std::make_index_sequence<$keys>{});
}
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How heavy one source is."""

    types: int
    """Length of the longest type list."""
    keys: int
    """How many key types the containers are instantiated for."""


def weights(count: int, seed: int) -> list[Weight]:
    """From about 0.3 to 0.9 GiB and 2 to 9 CPU seconds each, in no order."""
    random = Random(seed)
    return [
        Weight(types=random.randint(130, 250), keys=random.randint(12, 40)) for _ in range(count)
    ]


def source_text(name: str, weight: Weight, seed: int) -> str:
    return SOURCE.substitute(name=name, types=weight.types, keys=weight.keys, seed=seed)


def write_project(folder: Path, *, count: int, seed: int) -> None:
    """A CMake project of `count` heavy sources and a light main."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"heavy{number}" for number in range(count)]
    for name, weight in zip(names, weights(count, seed), strict=True):
        text = source_text(name, weight, seed)
        (folder / f"{name}.cpp").write_text(text, encoding="ascii")
    sources = " ".join(f"{name}.cpp" for name in names)
    (folder / "CMakeLists.txt").write_text(CMAKE.substitute(sources=sources), encoding="ascii")
    declarations = "\n".join(f"unsigned long {name}();" for name in names)
    calls = "\n".join(f"  sum += {name}();" for name in names)
    main = MAIN.substitute(declarations=declarations, calls=calls)
    (folder / "main.cpp").write_text(main, encoding="ascii")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    write_project(args.folder, count=args.count, seed=args.seed)


if __name__ == "__main__":
    main()
