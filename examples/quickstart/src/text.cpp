#include "puzzles.h"

#include <algorithm>
#include <sstream>
#include <vector>

std::string words_by_length(const std::string& sentence) {
  std::istringstream input(sentence);
  std::vector<std::string> words;
  for (std::string word; input >> word;) {
    words.push_back(word);
  }
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::string joined;
  for (const auto& word : words) {
    joined += joined.empty() ? word : ' ' + word;
  }
  return joined;
}
