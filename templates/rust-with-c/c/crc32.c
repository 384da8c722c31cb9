#include "crc32.h"

// The polynomial, lowest power first.
static const uint32_t POLYNOMIAL = 0xedb88320;

uint32_t crc32(const uint8_t *bytes, size_t length) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        }
    }
    return ~crc;
}
