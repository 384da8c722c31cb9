// Integers: number theory as in a first textbook.

#include "library.h"

uint64_t integer_binomial(uint64_t n, uint64_t k) {
    if (k > n) {
        return 0;
    }
    uint64_t result = 1;
    for (uint64_t i = 1; i <= k; i++) {
        result = result * (n - k + i) / i;
    }
    return result;
}

// The number of steps that lead from `n` to 1.
uint64_t integer_collatz_length(uint64_t n) {
    uint64_t length = 0;
    for (; n > 1; length++) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    }
    return length;
}

unsigned integer_digit_count(uint64_t n) {
    unsigned count = 1;
    for (; n >= 10; n /= 10) {
        count++;
    }
    return count;
}

uint64_t integer_digit_reverse(uint64_t n) {
    uint64_t reversed = 0;
    for (; n > 0; n /= 10) {
        reversed = reversed * 10 + n % 10;
    }
    return reversed;
}

unsigned integer_digit_sum(uint64_t n) {
    unsigned sum = 0;
    for (; n > 0; n /= 10) {
        sum += (unsigned)(n % 10);
    }
    return sum;
}

uint64_t integer_divisor_count(uint64_t n) {
    uint64_t count = 0;
    for (uint64_t divisor = 1; divisor <= n; divisor++) {
        count += n % divisor == 0;
    }
    return count;
}

uint64_t integer_divisor_sum(uint64_t n) {
    uint64_t sum = 0;
    for (uint64_t divisor = 1; divisor <= n; divisor++) {
        sum += n % divisor == 0 ? divisor : 0;
    }
    return sum;
}

uint64_t integer_factorial(uint64_t n) {
    return n <= 1 ? 1 : n * integer_factorial(n - 1);
}

uint64_t integer_fibonacci(uint64_t n) {
    uint64_t current = 0, next = 1;
    for (; n > 0; n--) {
        uint64_t sum = current + next;
        current = next;
        next = sum;
    }
    return current;
}

uint64_t integer_gcd(uint64_t a, uint64_t b) {
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool integer_is_palindrome(uint64_t n) {
    return n == integer_digit_reverse(n);
}

// A perfect number is the sum of its divisors without itself.
bool integer_is_perfect(uint64_t n) {
    return n > 1 && integer_divisor_sum(n) - n == n;
}

bool integer_is_prime(uint64_t n) {
    if (n < 2) {
        return false;
    }
    for (uint64_t divisor = 2; divisor <= n / divisor; divisor++) {
        if (n % divisor == 0) {
            return false;
        }
    }
    return true;
}

uint64_t integer_lcm(uint64_t a, uint64_t b) {
    return a == 0 || b == 0 ? 0 : a / integer_gcd(a, b) * b;
}

uint64_t integer_next_prime(uint64_t n) {
    do {
        n++;
    } while (!integer_is_prime(n));
    return n;
}

uint64_t integer_power(uint64_t base, uint64_t exponent) {
    uint64_t result = 1;
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 == 1) {
            result *= base;
        }
        base *= base;
    }
    return result;
}

uint64_t integer_smallest_factor(uint64_t n) {
    for (uint64_t divisor = 2; divisor <= n / divisor; divisor++) {
        if (n % divisor == 0) {
            return divisor;
        }
    }
    return n;
}

// Rounded down; Newton's method from above.
uint64_t integer_square_root(uint64_t n) {
    uint64_t root = n, next = n / 2 + n % 2;
    while (next < root) {
        root = next;
        next = (root + n / root) / 2;
    }
    return root;
}

// How many numbers up to `n` share no factor with it.
uint64_t integer_totient(uint64_t n) {
    uint64_t count = 0;
    for (uint64_t i = 1; i <= n; i++) {
        count += integer_gcd(i, n) == 1;
    }
    return count;
}

uint64_t integer_triangular(uint64_t n) {
    return n % 2 == 0 ? n / 2 * (n + 1) : (n + 1) / 2 * n;
}
