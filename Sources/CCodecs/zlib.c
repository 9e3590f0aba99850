#include <limits.h>

#include <zlib.h>

#include "tc_internal.h"

tc_status tc_inflate(
    const uint8_t *bytes, size_t count, size_t limit, tc_buffer *out, tc_error *error) {
  z_stream stream = {0};
  uint8_t block[8192];
  if (count > UINT_MAX) return tc_fail(error, TC_LIMIT, UINT_MAX, (int64_t)count, "bytes of a chunk");
  if (inflateInit(&stream) != Z_OK) return tc_fail(error, TC_NO_MEMORY, 0, 0, NULL);
  stream.next_in = (Bytef *)bytes;
  stream.avail_in = (uInt)count;
  tc_status status = TC_OK;
  int code = Z_OK;
  while (status == TC_OK && code == Z_OK) {
    stream.next_out = block;
    stream.avail_out = sizeof block;
    code = inflate(&stream, Z_NO_FLUSH);
    size_t n = sizeof block - stream.avail_out;
    if (code == Z_DATA_ERROR || code == Z_NEED_DICT || code == Z_STREAM_ERROR) {
      status = tc_fail(error, TC_CORRUPT, 0, 0, stream.msg ? stream.msg : "not a zlib stream");
    } else if (out->count + n > limit) {
      status = tc_fail(
          error, TC_LIMIT, (int64_t)limit, (int64_t)(out->count + n), "bytes of an inflated chunk");
    } else if (code == Z_MEM_ERROR || !tc_buffer_append(out, block, n)) {
      status = tc_fail(error, TC_NO_MEMORY, (int64_t)n, 0, NULL);
    }
  }
  inflateEnd(&stream);
  if (status != TC_OK) tc_buffer_free(out);
  return status;
}

uint32_t tc_crc32(const uint8_t *bytes, size_t count) {
  uLong crc = crc32(0, NULL, 0);
  while (count > 0) {
    uInt n = count > UINT_MAX ? UINT_MAX : (uInt)count;
    crc = crc32(crc, bytes, n);
    bytes += n;
    count -= n;
  }
  return (uint32_t)crc;
}
