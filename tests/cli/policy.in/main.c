#include <stdio.h>

static void note(const char *text) {
    FILE *file = fopen("notes.txt", "a");
    if (file) fputs(text, file);
}

int main(void) {
    note("Hello!\n");
    return 0;
}
