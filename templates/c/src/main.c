// Writes each argument in Morse code, one line for each.

#include "morse.h"

#include <stdio.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: {{name}} TEXT...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        for (const char *letter = argv[i]; *letter != '\0'; letter++) {
            const char *signals = morse_signals(*letter);
            // A slash stands between words.
            printf("%s%s", letter == argv[i] ? "" : " ", signals != NULL ? signals : "/");
        }
        putchar('\n');
    }
    return 0;
}
