#include <cstdio>
#include <string>

int main(int count, char **paths) {
    for (int n = 1; n < count; n++) {
        std::FILE *file = std::fopen(paths[n], "r");
        if (!file) {
            std::perror(paths[n]);
            return 1;
        }
        std::string text;
        for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
            text += static_cast<char>(c);
        }
        std::printf("%s: %zu\n", paths[n], text.size());
        std::fclose(file);
    }
}
