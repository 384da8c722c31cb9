// CRC-32, as gzip, PNG and Ethernet have it.

#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

// The checksum of `length` bytes.
uint32_t crc32(const uint8_t *bytes, size_t length);

#endif
