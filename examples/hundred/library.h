// A small library of a hundred functions: bits, characters, integers, lists and text, twenty of each.
//
// Every function is exported under its own name, as shared libraries do. Therefore the linker has to keep
// all of them, whoever calls them; what the program needs is known only to the one who packs it.

#ifndef LIBRARY_H
#define LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

// Bits of a 64-bit word; positions count from 0, the lowest.
EXPORT(bits_clear) uint64_t bits_clear(uint64_t word, unsigned position);
EXPORT(bits_clear_lowest) uint64_t bits_clear_lowest(uint64_t word);
EXPORT(bits_count) unsigned bits_count(uint64_t word);
EXPORT(bits_distance) unsigned bits_distance(uint64_t a, uint64_t b);
EXPORT(bits_flip) uint64_t bits_flip(uint64_t word, unsigned position);
EXPORT(bits_from_gray) uint64_t bits_from_gray(uint64_t gray);
EXPORT(bits_get) bool bits_get(uint64_t word, unsigned position);
EXPORT(bits_is_power_of_two) bool bits_is_power_of_two(uint64_t word);
EXPORT(bits_leading_zeros) unsigned bits_leading_zeros(uint64_t word);
EXPORT(bits_length) unsigned bits_length(uint64_t word);
EXPORT(bits_lowest) uint64_t bits_lowest(uint64_t word);
EXPORT(bits_mask) uint64_t bits_mask(unsigned width);
EXPORT(bits_parity) bool bits_parity(uint64_t word);
EXPORT(bits_reverse) uint64_t bits_reverse(uint64_t word);
EXPORT(bits_rotate_left) uint64_t bits_rotate_left(uint64_t word, unsigned count);
EXPORT(bits_rotate_right) uint64_t bits_rotate_right(uint64_t word, unsigned count);
EXPORT(bits_set) uint64_t bits_set(uint64_t word, unsigned position);
EXPORT(bits_swap_bytes) uint64_t bits_swap_bytes(uint64_t word);
EXPORT(bits_to_gray) uint64_t bits_to_gray(uint64_t word);
EXPORT(bits_trailing_zeros) unsigned bits_trailing_zeros(uint64_t word);

// ASCII characters.
EXPORT(char_digit_value) int char_digit_value(char c);
EXPORT(char_from_digit) char char_from_digit(int digit);
EXPORT(char_is_alphanumeric) bool char_is_alphanumeric(char c);
EXPORT(char_is_ascii) bool char_is_ascii(char c);
EXPORT(char_is_blank) bool char_is_blank(char c);
EXPORT(char_is_control) bool char_is_control(char c);
EXPORT(char_is_digit) bool char_is_digit(char c);
EXPORT(char_is_hex_digit) bool char_is_hex_digit(char c);
EXPORT(char_is_letter) bool char_is_letter(char c);
EXPORT(char_is_lower) bool char_is_lower(char c);
EXPORT(char_is_octal_digit) bool char_is_octal_digit(char c);
EXPORT(char_is_printable) bool char_is_printable(char c);
EXPORT(char_is_punctuation) bool char_is_punctuation(char c);
EXPORT(char_is_space) bool char_is_space(char c);
EXPORT(char_is_upper) bool char_is_upper(char c);
EXPORT(char_is_vowel) bool char_is_vowel(char c);
EXPORT(char_rotate13) char char_rotate13(char c);
EXPORT(char_swap_case) char char_swap_case(char c);
EXPORT(char_to_lower) char char_to_lower(char c);
EXPORT(char_to_upper) char char_to_upper(char c);

// Integers; results that do not fit 64 bits wrap around.
EXPORT(integer_binomial) uint64_t integer_binomial(uint64_t n, uint64_t k);
EXPORT(integer_collatz_length) uint64_t integer_collatz_length(uint64_t n);
EXPORT(integer_digit_count) unsigned integer_digit_count(uint64_t n);
EXPORT(integer_digit_reverse) uint64_t integer_digit_reverse(uint64_t n);
EXPORT(integer_digit_sum) unsigned integer_digit_sum(uint64_t n);
EXPORT(integer_divisor_count) uint64_t integer_divisor_count(uint64_t n);
EXPORT(integer_divisor_sum) uint64_t integer_divisor_sum(uint64_t n);
EXPORT(integer_factorial) uint64_t integer_factorial(uint64_t n);
EXPORT(integer_fibonacci) uint64_t integer_fibonacci(uint64_t n);
EXPORT(integer_gcd) uint64_t integer_gcd(uint64_t a, uint64_t b);
EXPORT(integer_is_palindrome) bool integer_is_palindrome(uint64_t n);
EXPORT(integer_is_perfect) bool integer_is_perfect(uint64_t n);
EXPORT(integer_is_prime) bool integer_is_prime(uint64_t n);
EXPORT(integer_lcm) uint64_t integer_lcm(uint64_t a, uint64_t b);
EXPORT(integer_next_prime) uint64_t integer_next_prime(uint64_t n);
EXPORT(integer_power) uint64_t integer_power(uint64_t base, uint64_t exponent);
EXPORT(integer_smallest_factor) uint64_t integer_smallest_factor(uint64_t n);
EXPORT(integer_square_root) uint64_t integer_square_root(uint64_t n);
EXPORT(integer_totient) uint64_t integer_totient(uint64_t n);
EXPORT(integer_triangular) uint64_t integer_triangular(uint64_t n);

// Lists of integers, given as first element and length; a position equal to the length means none.
EXPORT(list_average) uint64_t list_average(const uint64_t *list, size_t length);
EXPORT(list_binary_search) size_t list_binary_search(const uint64_t *list, size_t length, uint64_t item);
EXPORT(list_contains) bool list_contains(const uint64_t *list, size_t length, uint64_t item);
EXPORT(list_copy) void list_copy(uint64_t *to, const uint64_t *from, size_t length);
EXPORT(list_count) size_t list_count(const uint64_t *list, size_t length, uint64_t item);
EXPORT(list_dot_product) uint64_t list_dot_product(const uint64_t *a, const uint64_t *b, size_t length);
EXPORT(list_equal) bool list_equal(const uint64_t *a, const uint64_t *b, size_t length);
EXPORT(list_fill) void list_fill(uint64_t *list, size_t length, uint64_t item);
EXPORT(list_find) size_t list_find(const uint64_t *list, size_t length, uint64_t item);
EXPORT(list_find_last) size_t list_find_last(const uint64_t *list, size_t length, uint64_t item);
EXPORT(list_is_sorted) bool list_is_sorted(const uint64_t *list, size_t length);
EXPORT(list_maximum) uint64_t list_maximum(const uint64_t *list, size_t length);
EXPORT(list_median) uint64_t list_median(const uint64_t *sorted, size_t length);
EXPORT(list_minimum) uint64_t list_minimum(const uint64_t *list, size_t length);
EXPORT(list_product) uint64_t list_product(const uint64_t *list, size_t length);
EXPORT(list_remove) size_t list_remove(uint64_t *list, size_t length, uint64_t item);
EXPORT(list_reverse) void list_reverse(uint64_t *list, size_t length);
EXPORT(list_sort) void list_sort(uint64_t *list, size_t length);
EXPORT(list_sum) uint64_t list_sum(const uint64_t *list, size_t length);
EXPORT(list_unique) size_t list_unique(uint64_t *sorted, size_t length);

// Text that ends with a zero byte; a position equal to the length means none.
EXPORT(text_append) void text_append(char *to, const char *from);
EXPORT(text_compare) int text_compare(const char *a, const char *b);
EXPORT(text_copy) void text_copy(char *to, const char *from);
EXPORT(text_count_char) size_t text_count_char(const char *text, char c);
EXPORT(text_count_words) size_t text_count_words(const char *text);
EXPORT(text_ends_with) bool text_ends_with(const char *text, const char *end);
EXPORT(text_equal) bool text_equal(const char *a, const char *b);
EXPORT(text_find) size_t text_find(const char *text, const char *part);
EXPORT(text_find_char) size_t text_find_char(const char *text, char c);
EXPORT(text_find_last_char) size_t text_find_last_char(const char *text, char c);
EXPORT(text_hash) uint64_t text_hash(const char *text);
EXPORT(text_is_palindrome) bool text_is_palindrome(const char *text);
EXPORT(text_length) size_t text_length(const char *text);
EXPORT(text_parse) bool text_parse(const char *text, uint64_t *number);
EXPORT(text_replace_char) void text_replace_char(char *text, char old, char new_char);
EXPORT(text_reverse) void text_reverse(char *text);
EXPORT(text_starts_with) bool text_starts_with(const char *text, const char *start);
EXPORT(text_to_lower) void text_to_lower(char *text);
EXPORT(text_to_upper) void text_to_upper(char *text);
EXPORT(text_trim_end) void text_trim_end(char *text);

#endif
