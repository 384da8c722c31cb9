#include <stdio.h>
#include <stdlib.h>

#include "greeting.h"

int main(int argc, char **argv) {
    const char *name = getenv("NAME");
    printf("%s, %s%s\n", GREETING, argc > 1 ? argv[1] : name ? name : "nobody", PUNCTUATION);
    return 0;
}
