// Bits of a 64-bit word.

#include "library.h"

uint64_t bits_clear(uint64_t word, unsigned position) {
    return word & ~(UINT64_C(1) << position % 64);
}

uint64_t bits_clear_lowest(uint64_t word) {
    return word & (word - 1);
}

unsigned bits_count(uint64_t word) {
    unsigned count = 0;
    for (; word != 0; word &= word - 1) {
        count++;
    }
    return count;
}

// Hamming distance: the number of positions in which two words differ.
unsigned bits_distance(uint64_t a, uint64_t b) {
    return bits_count(a ^ b);
}

uint64_t bits_flip(uint64_t word, unsigned position) {
    return word ^ UINT64_C(1) << position % 64;
}

uint64_t bits_from_gray(uint64_t gray) {
    for (unsigned shift = 32; shift > 0; shift /= 2) {
        gray ^= gray >> shift;
    }
    return gray;
}

bool bits_get(uint64_t word, unsigned position) {
    return word >> position % 64 & 1;
}

bool bits_is_power_of_two(uint64_t word) {
    return word != 0 && (word & (word - 1)) == 0;
}

unsigned bits_leading_zeros(uint64_t word) {
    return 64 - bits_length(word);
}

// The number of bits it takes to write the word: 0 for 0, 4 for 8.
unsigned bits_length(uint64_t word) {
    unsigned length = 0;
    for (; word != 0; word >>= 1) {
        length++;
    }
    return length;
}

uint64_t bits_lowest(uint64_t word) {
    return word & (~word + 1);
}

uint64_t bits_mask(unsigned width) {
    return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

bool bits_parity(uint64_t word) {
    for (unsigned shift = 32; shift > 0; shift /= 2) {
        word ^= word >> shift;
    }
    return word & 1;
}

uint64_t bits_reverse(uint64_t word) {
    uint64_t reversed = 0;
    for (unsigned position = 0; position < 64; position++) {
        reversed = reversed << 1 | (word >> position & 1);
    }
    return reversed;
}

uint64_t bits_rotate_left(uint64_t word, unsigned count) {
    return word << count % 64 | word >> (64 - count % 64) % 64;
}

uint64_t bits_rotate_right(uint64_t word, unsigned count) {
    return word >> count % 64 | word << (64 - count % 64) % 64;
}

uint64_t bits_set(uint64_t word, unsigned position) {
    return word | UINT64_C(1) << position % 64;
}

uint64_t bits_swap_bytes(uint64_t word) {
    uint64_t swapped = 0;
    for (int byte = 0; byte < 8; byte++) {
        swapped = swapped << 8 | (word & 0xff);
        word >>= 8;
    }
    return swapped;
}

uint64_t bits_to_gray(uint64_t word) {
    return word ^ word >> 1;
}

unsigned bits_trailing_zeros(uint64_t word) {
    unsigned zeros = 0;
    while (zeros < 64 && (word >> zeros & 1) == 0) {
        zeros++;
    }
    return zeros;
}
