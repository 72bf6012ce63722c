#include "puzzles.h"

#include <utility>
#include <variant>

namespace {

template <int Mass>
struct Body {
  static constexpr int mass = Mass;
};

template <typename Sequence>
struct Bodies;

template <int... Masses>
struct Bodies<std::integer_sequence<int, Masses...>> {
  using type = std::variant<Body<Masses>...>;

  static type make(int mass) {
    type body;
    ((Masses == mass ? static_cast<void>(body = Body<Masses>{}) : static_cast<void>(0)), ...);
    return body;
  }
};

constexpr int kKinds = 13;
using Kinds = Bodies<std::make_integer_sequence<int, kKinds>>;

}  // namespace

int sum_of_collisions() {
  // std::visit instantiates the lambda for each of the kKinds^3 combinations
  const auto collide = [](auto a, auto b, auto c) { return a.mass + b.mass + c.mass; };
  int sum = 0;
  for (int a = 0; a < kKinds; ++a) {
    for (int b = 0; b < kKinds; ++b) {
      for (int c = 0; c < kKinds; ++c) {
        sum += std::visit(collide, Kinds::make(a), Kinds::make(b), Kinds::make(c));
      }
    }
  }
  return sum;
}
