#include "anagrams.hpp"

#include <algorithm>
#include <map>

std::vector<std::vector<std::string>> anagrams(const std::vector<std::string> &words) {
    std::map<std::string, std::vector<std::string>> by_letters;
    for (const auto &word : words) {
        std::string letters = word;
        std::sort(letters.begin(), letters.end());
        by_letters[letters].push_back(word);
    }

    std::vector<std::vector<std::string>> groups;
    for (const auto &[letters, group] : by_letters) {
        if (group.size() > 1) {
            groups.push_back(group);
        }
    }
    return groups;
}
