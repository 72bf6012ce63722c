#pragma once

#include <string>

// Each answers a small question whose work is done by the compiler.

/// Sum over all collisions of three kinds of bodies, by std::visit on every combination.
int sum_of_collisions();

/// Trace of a product of matrices of all sizes up to a limit, each size a type of its own.
long trace_of_products();

/// The number of primes below a limit, counted by template instantiation.
int primes_below_limit();

/// Whether sorting networks of all widths up to a limit sort.
bool networks_sort();

/// The words of a sentence, longest first.
std::string words_by_length(const std::string& sentence);
