#include <fstream>
#include <iostream>
#include <iterator>

int main(int count, char **paths) {
    for (int n = 1; n < count; n++) {
        std::ifstream file(paths[n]);
        std::cout << paths[n] << ": " << std::distance(std::istreambuf_iterator<char>(file), {}) << "\n";
    }
}
