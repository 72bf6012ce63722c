#include "puzzles.h"

#include <iostream>

namespace {

bool check(const char* name, bool right) {
  std::cout << (right ? "ok   " : "WRONG") << ' ' << name << '\n';
  return right;
}

}  // namespace

int main() {
  bool right = true;
  right &= check("collisions", sum_of_collisions() == 39546);
  right &= check("matrices", trace_of_products() > 0);
  right &= check("primes", primes_below_limit() == 168);
  right &= check("sorting", networks_sort());
  right &= check("text", words_by_length("a bcd ef") == "bcd ef a");
  return right ? 0 : 1;
}
