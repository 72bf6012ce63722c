#include "puzzles.h"

#include <array>
#include <cstddef>
#include <utility>

namespace {

template <std::size_t Rows, std::size_t Columns>
struct Matrix {
  std::array<std::array<long, Columns>, Rows> cells{};
};

template <std::size_t N, std::size_t M>
Matrix<N, M> counting() {
  Matrix<N, M> matrix;
  for (std::size_t row = 0; row < N; ++row) {
    for (std::size_t column = 0; column < M; ++column) {
      matrix.cells[row][column] = static_cast<long>((row * M + column) % 7);
    }
  }
  return matrix;
}

template <std::size_t N, std::size_t M, std::size_t K>
Matrix<N, K> operator*(const Matrix<N, M>& left, const Matrix<M, K>& right) {
  Matrix<N, K> product;
  for (std::size_t row = 0; row < N; ++row) {
    for (std::size_t column = 0; column < K; ++column) {
      for (std::size_t inner = 0; inner < M; ++inner) {
        product.cells[row][column] += left.cells[row][inner] * right.cells[inner][column];
      }
    }
  }
  return product;
}

template <std::size_t N>
long trace(const Matrix<N, N>& matrix) {
  long sum = 0;
  for (std::size_t index = 0; index < N; ++index) {
    sum += matrix.cells[index][index];
  }
  return sum;
}

template <std::size_t N, std::size_t M>
long one_trace() {
  return trace(counting<N, M>() * counting<M, N>());
}

constexpr std::size_t kLimit = 16;

template <std::size_t N, std::size_t... M>
long row_of_traces(std::index_sequence<M...>) {
  return (one_trace<N + 1, M + 1>() + ...);
}

template <std::size_t... N>
long all_traces(std::index_sequence<N...>) {
  return (row_of_traces<N>(std::make_index_sequence<kLimit>{}) + ...);
}

}  // namespace

long trace_of_products() { return all_traces(std::make_index_sequence<kLimit>{}); }
