#include "puzzles.h"

#include <cstddef>
#include <utility>

namespace {

template <int Number, int Divisor, bool Small = (Divisor * Divisor > Number)>
struct HasNoDivisor {
  static constexpr bool value =
      Number % Divisor != 0 && HasNoDivisor<Number, Divisor + 1>::value;
};

template <int Number, int Divisor>
struct HasNoDivisor<Number, Divisor, true> {
  static constexpr bool value = true;
};

template <int Number>
constexpr bool is_prime = Number > 1 && HasNoDivisor<Number, 2>::value;

template <int... Numbers>
constexpr int count(std::integer_sequence<int, Numbers...>) {
  return ((is_prime<Numbers> ? 1 : 0) + ...);
}

}  // namespace

int primes_below_limit() { return count(std::make_integer_sequence<int, 1000>{}); }
