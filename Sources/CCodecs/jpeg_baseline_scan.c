// The scan without stuffing: FF 00 becomes FF, restart markers go and leave their place in `ends`.
#if defined(__x86_64__)

#include "jpeg_baseline.h"

#include <immintrin.h>

/// A marker's second byte at the end of a segment of the clean data. 1: go on; 0: the scan ends; -1: unusual.
static int meet(clean_scan *c, size_t expected, uint8_t marker, size_t length) {
  if (c->segments == expected) return -1;
  c->ends[c->segments++] = (uint32_t)length;
  if (marker < 0xD0 || marker > 0xD7) return c->segments == expected ? 0 : -1;
  return ((c->segments - 1) & 7) == (size_t)(marker & 7) ? 1 : -1;
}

/// 32 bytes a turn, up to the first FF in them. One FF in some 200 bytes: its branch costs less than 1 % of a decode.
__attribute__((target("avx2"))) verdict tc_bl_clean_fill(clean_scan *c, const picture *p, size_t mcus, uint8_t *bytes) {
  const size_t interval = (size_t)p->restart_interval;
  const size_t expected = interval ? (mcus + interval - 1) / interval : 1;
  c->bytes = bytes;
  c->ends = tk_scratch_take(expected * sizeof *c->ends);
  if (!c->ends) return NO_MEMORY;
  c->segments = 0;
  const uint8_t *at = p->scan, *end = p->end;
  size_t length = 0;
  while (end - at >= 2) {
    if (end - at >= 34) {
      const __m256i v = _mm256_loadu_si256((const __m256i *)at);
      const uint32_t full = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(-1)));
      _mm256_storeu_si256((__m256i *)(c->bytes + length), v);
      const size_t many = full ? (size_t)__builtin_ctz(full) : 32;
      length += many, at += many;
      if (!full) continue;
    }
    c->bytes[length] = *at++;
    if (c->bytes[length] != 0xFF) { length++; continue; }
    const uint8_t next = *at++;
    if (next == 0) { length++; continue; }
    const int met = meet(c, expected, next, length);
    if (met < 0) return UNUSUAL;
    if (met == 1) continue;
    c->marker = at - 2;
    memset(c->bytes + length, 0, CLEAN_SLACK);
    return FINE;
  }
  return UNUSUAL;
}

#else
typedef int tc_no_scan_here;
#endif
