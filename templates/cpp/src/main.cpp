// Finds words that are made of the same letters: among the arguments, or without any in standard input.

#include "anagrams.hpp"

#include <iostream>
#include <string>
#include <vector>

int main(int argc, char **argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) {
        for (std::string word; std::cin >> word;) {
            words.push_back(word);
        }
    }

    for (const auto &group : anagrams(words)) {
        const char *separator = "";
        for (const auto &word : group) {
            std::cout << separator << word;
            separator = " ";
        }
        std::cout << '\n';
    }

    std::cout.flush();
    return std::cout ? 0 : 1;
}
