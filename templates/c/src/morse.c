#include "morse.h"

#include <ctype.h>
#include <stddef.h>

static const char *const LETTERS[26] = {
    ".-",   "-...", "-.-.", "-..",  ".",   "..-.", "--.",  "....", "..",   ".---", "-.-",  ".-..", "--",
    "-.",   "---",  ".--.", "--.-", ".-.", "...",  "-",    "..-",  "...-", ".--",  "-..-", "-.--", "--..",
};

static const char *const DIGITS[10] = {
    "-----", ".----", "..---", "...--", "....-", ".....", "-....", "--...", "---..", "----.",
};

const char *morse_signals(char letter) {
    const int upper = toupper((unsigned char)letter);
    if (upper >= 'A' && upper <= 'Z') {
        return LETTERS[upper - 'A'];
    }
    if (upper >= '0' && upper <= '9') {
        return DIGITS[upper - '0'];
    }
    return NULL;
}
