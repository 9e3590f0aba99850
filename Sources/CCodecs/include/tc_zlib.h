/// Inflating a chunk of metadata.
#ifndef TESSERA_TC_ZLIB_H
#define TESSERA_TC_ZLIB_H

#include "tc_error.h"

/// Inflates a zlib stream into `out`, which must be empty: as much as there is, up to `limit` bytes.
///
/// A stream that ends early gives what it holds. `TC_CORRUPT` if it breaks zlib's rules, `TC_LIMIT` if it holds more
/// than `limit`; `out` is empty then.
tc_status tc_inflate(
    const uint8_t *bytes, size_t count, size_t limit, tc_buffer *out, tc_error *error);

/// CRC-32 as PNG uses it.
uint32_t tc_crc32(const uint8_t *bytes, size_t count);

#endif
