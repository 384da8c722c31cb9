// Morse code, as the International Telecommunication Union has it.

#ifndef MORSE_H
#define MORSE_H

// The signals of a letter or digit, such as "...-"; NULL for what has none.
const char *morse_signals(char letter);

#endif
