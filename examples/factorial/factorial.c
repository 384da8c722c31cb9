// Prints the factorial of every number given as an argument.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// 20! is the largest factorial that fits 64 bits.
enum { LARGEST = 20 };

static uint64_t factorial(uint64_t n) {
    return n <= 1 ? 1 : n * factorial(n - 1);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: factorial NUMBER...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        char *end;
        long n = strtol(argv[i], &end, 10);
        if (end == argv[i] || *end != '\0' || n < 0 || n > LARGEST) {
            fprintf(stderr, "factorial: `%s` is not a whole number from 0 to %d\n", argv[i], LARGEST);
            return 2;
        }
        printf("%ld! = %" PRIu64 "\n", n, factorial((uint64_t)n));
    }
    return 0;
}
