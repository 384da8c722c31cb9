// Text that ends with a zero byte.

#include "library.h"

void text_append(char *to, const char *from) {
    text_copy(to + text_length(to), from);
}

// Less than, equal to or greater than 0, as the first text is before, at or after the second.
int text_compare(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

void text_copy(char *to, const char *from) {
    while ((*to++ = *from++) != '\0') {
    }
}

size_t text_count_char(const char *text, char c) {
    size_t count = 0;
    for (; *text != '\0'; text++) {
        count += *text == c;
    }
    return count;
}

size_t text_count_words(const char *text) {
    size_t count = 0;
    for (bool in_word = false; *text != '\0'; text++) {
        count += !in_word && !char_is_space(*text);
        in_word = !char_is_space(*text);
    }
    return count;
}

bool text_ends_with(const char *text, const char *end) {
    size_t length = text_length(text), end_length = text_length(end);
    return end_length <= length && text_equal(text + length - end_length, end);
}

bool text_equal(const char *a, const char *b) {
    return text_compare(a, b) == 0;
}

size_t text_find(const char *text, const char *part) {
    size_t position = 0;
    while (text[position] != '\0' && !text_starts_with(text + position, part)) {
        position++;
    }
    return position;
}

size_t text_find_char(const char *text, char c) {
    size_t position = 0;
    while (text[position] != '\0' && text[position] != c) {
        position++;
    }
    return position;
}

size_t text_find_last_char(const char *text, char c) {
    size_t length = text_length(text);
    for (size_t i = length; i > 0; i--) {
        if (text[i - 1] == c) {
            return i - 1;
        }
    }
    return length;
}

// FNV-1a, 64 bits.
uint64_t text_hash(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

bool text_is_palindrome(const char *text) {
    size_t length = text_length(text);
    for (size_t i = 0; i < length / 2; i++) {
        if (text[i] != text[length - 1 - i]) {
            return false;
        }
    }
    return true;
}

size_t text_length(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

// Reads a decimal number; false if the text is anything else or the number does not fit.
bool text_parse(const char *text, uint64_t *number) {
    uint64_t value = 0;
    const char *c = text;
    for (; *c >= '0' && *c <= '9'; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return c > text && *c == '\0';
}

void text_replace_char(char *text, char old, char new_char) {
    for (; *text != '\0'; text++) {
        *text = *text == old ? new_char : *text;
    }
}

void text_reverse(char *text) {
    size_t length = text_length(text);
    for (size_t i = 0; i < length / 2; i++) {
        char c = text[i];
        text[i] = text[length - 1 - i];
        text[length - 1 - i] = c;
    }
}

bool text_starts_with(const char *text, const char *start) {
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

void text_to_lower(char *text) {
    for (; *text != '\0'; text++) {
        *text = char_to_lower(*text);
    }
}

void text_to_upper(char *text) {
    for (; *text != '\0'; text++) {
        *text = char_to_upper(*text);
    }
}

void text_trim_end(char *text) {
    size_t length = text_length(text);
    while (length > 0 && char_is_space(text[length - 1])) {
        length--;
    }
    text[length] = '\0';
}
