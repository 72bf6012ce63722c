#include "puzzles.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace {

template <std::size_t Width>
struct Network {
  using Wires = std::array<int, Width>;

  template <std::size_t Low, std::size_t High>
  static void compare(Wires& wires) {
    if (wires[High] < wires[Low]) {
      std::swap(wires[Low], wires[High]);
    }
  }

  template <std::size_t Round, std::size_t... Pair>
  static void round(Wires& wires, std::index_sequence<Pair...>) {
    (compare<Round % 2 + 2 * Pair, Round % 2 + 2 * Pair + 1>(wires), ...);
  }

  template <std::size_t... Round>
  static void sort(Wires& wires, std::index_sequence<Round...>) {
    // odd-even transposition: as many rounds as there are wires
    (round<Round>(wires, std::make_index_sequence<(Width - Round % 2) / 2>{}), ...);
  }
};

template <std::size_t Width>
bool sorts() {
  typename Network<Width>::Wires wires{};
  for (std::size_t index = 0; index < Width; ++index) {
    wires[index] = static_cast<int>(Width - index);
  }
  Network<Width>::sort(wires, std::make_index_sequence<Width>{});
  return std::is_sorted(wires.begin(), wires.end());
}

template <std::size_t... Width>
bool all_sort(std::index_sequence<Width...>) {
  return (sorts<Width + 2>() && ...);
}

}  // namespace

bool networks_sort() { return all_sort(std::make_index_sequence<40>{}); }
