// Compresses the first argument, repeated a thousand times, and takes it apart again.

#include "snappy.h"

#include <iostream>
#include <string>

int main(int argc, char **argv) {
    std::string text, compressed, again;
    for (int i = 0; argc > 1 && i < 1000; i++) {
        text += argv[1];
    }
    snappy::Compress(text.data(), text.size(), &compressed);
    const bool same = snappy::Uncompress(compressed.data(), compressed.size(), &again) && again == text;
    std::cout << text.size() << (compressed.size() < text.size() / 10 ? " shrunk" : " grown")
              << (same ? ", the same again\n" : ", damaged\n");
    return same ? 0 : 1;
}
