// Says something about every number given as an argument. It calls 8 of the library's 100 functions.

#include "library.h"

#include <inttypes.h>
#include <stdio.h>

enum { MOST_NUMBERS = 64 };

int main(int argc, char **argv) {
    uint64_t numbers[MOST_NUMBERS];
    size_t count = (size_t)argc - 1;
    if (argc < 2 || count > MOST_NUMBERS) {
        fprintf(stderr, "usage: hundred NUMBER... (up to %d)\n", MOST_NUMBERS);
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        if (!text_parse(argv[i + 1], &numbers[i])) {
            fprintf(stderr, "hundred: `%s` is not a whole number\n", argv[i + 1]);
            return 2;
        }
    }

    list_sort(numbers, count);
    uint64_t divisor = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t n = numbers[i];
        divisor = integer_gcd(divisor, n);
        printf("%" PRIu64 ": %s, root %" PRIu64 ", digit sum %u, %u bits set\n", n,
               integer_is_prime(n) ? "prime" : "not prime", integer_square_root(n), integer_digit_sum(n),
               bits_count(n));
    }
    printf("sum %" PRIu64 ", common divisor %" PRIu64 "\n", list_sum(numbers, count), divisor);
    return 0;
}
