// Words that are made of the same letters.

#pragma once

#include <string>
#include <vector>

// Groups of two words or more, in the order of their letters; words of a group are in the order they came in.
std::vector<std::vector<std::string>> anagrams(const std::vector<std::string> &words);
