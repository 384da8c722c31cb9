// Sorts lines and counts how often each one occurs, as `sort | uniq -c` does.
//
// Lines come from standard input, or from the arguments when there are any: not every container
// runtime passes the end of standard input on.

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

using Counts = std::map<std::string, std::size_t>;

static Counts count_lines(std::istream &input) {
    Counts counts;
    for (std::string line; std::getline(input, line);) {
        ++counts[line];
    }
    return counts;
}

static Counts count_arguments(const std::vector<std::string> &arguments) {
    Counts counts;
    for (const auto &argument : arguments) {
        ++counts[argument];
    }
    return counts;
}

// Most frequent first; lines of equal count stay in alphabetical order.
static std::vector<std::pair<std::string, std::size_t>> by_frequency(const Counts &counts) {
    std::vector<std::pair<std::string, std::size_t>> entries(counts.begin(), counts.end());
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto &a, const auto &b) { return a.second > b.second; });
    return entries;
}

template <typename Entries>
static void print(const Entries &entries) {
    for (const auto &[line, count] : entries) {
        std::cout << std::setw(7) << count << ' ' << line << '\n';
    }
}

int main(int argc, char **argv) {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    const bool frequent = !arguments.empty() && arguments.front() == "-f";
    if (frequent) {
        arguments.erase(arguments.begin());
    }

    const Counts counts = arguments.empty() ? count_lines(std::cin) : count_arguments(arguments);
    if (frequent) {
        print(by_frequency(counts));
    } else {
        print(counts);
    }

    std::cout.flush();
    return std::cout ? 0 : 1;
}
