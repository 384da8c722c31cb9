// ASCII characters, whatever the locale.

#include "library.h"

// The value of a decimal digit, or -1.
int char_digit_value(char c) {
    return char_is_digit(c) ? c - '0' : -1;
}

char char_from_digit(int digit) {
    return digit >= 0 && digit <= 9 ? (char)('0' + digit) : '?';
}

bool char_is_alphanumeric(char c) {
    return char_is_letter(c) || char_is_digit(c);
}

bool char_is_ascii(char c) {
    return ((unsigned char)c & 0x80) == 0;
}

bool char_is_blank(char c) {
    return c == ' ' || c == '\t';
}

bool char_is_control(char c) {
    return (unsigned char)c < ' ' || c == 0x7f;
}

bool char_is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool char_is_hex_digit(char c) {
    return char_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool char_is_letter(char c) {
    return char_is_lower(c) || char_is_upper(c);
}

bool char_is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool char_is_octal_digit(char c) {
    return c >= '0' && c <= '7';
}

bool char_is_printable(char c) {
    return c >= ' ' && c <= '~';
}

bool char_is_punctuation(char c) {
    return c > ' ' && c <= '~' && !char_is_alphanumeric(c);
}

bool char_is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool char_is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool char_is_vowel(char c) {
    switch (char_to_lower(c)) {
    case 'a': case 'e': case 'i': case 'o': case 'u':
        return true;
    default:
        return false;
    }
}

char char_rotate13(char c) {
    if (!char_is_letter(c)) {
        return c;
    }
    char first = char_is_lower(c) ? 'a' : 'A';
    return (char)(first + (c - first + 13) % 26);
}

char char_swap_case(char c) {
    return char_is_lower(c) ? char_to_upper(c) : char_to_lower(c);
}

char char_to_lower(char c) {
    return char_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

char char_to_upper(char c) {
    return char_is_lower(c) ? (char)(c - 'a' + 'A') : c;
}
