// The scan without stuffing: FF 00 becomes FF, restart markers go and leave their place in `ends`.
#if defined(__x86_64__)

#include "jpeg_baseline.h"

#include <immintrin.h>
#include <stdlib.h>

static verdict reserve(clean_scan *c, size_t count, size_t segments) {
  c->bytes = malloc(count + CLEAN_SLACK);
  c->ends = malloc(segments * sizeof *c->ends);
  return c->bytes && c->ends ? FINE : NO_MEMORY;
}

void tc_bl_clean_free(clean_scan *c) {
  free(c->bytes);
  free(c->ends);
  memset(c, 0, sizeof *c);
}

static size_t segments_of(const picture *p) {
  const size_t mcus = (size_t)p->mcus_wide * (size_t)p->mcus_high;
  return p->restart_interval ? (mcus + (size_t)p->restart_interval - 1) / (size_t)p->restart_interval : 1;
}

/// A marker's second byte at the end of a segment of the clean data. 1: go on; 0: that was EOI; -1: unusual.
static int meet(clean_scan *c, size_t expected, uint8_t marker, size_t length) {
  if (c->segments == expected) return -1;
  c->ends[c->segments++] = (uint32_t)length;
  if (marker == 0xD9) return c->segments == expected ? 0 : -1;
  if (marker < 0xD0 || marker > 0xD7 || ((c->segments - 1) & 7) != (size_t)(marker & 7)) return -1;
  return 1;
}

static verdict finish(clean_scan *c, size_t length) {
  memset(c->bytes + length, 0, CLEAN_SLACK);
  return FINE;
}

/// 32 bytes a turn, up to the first FF in them. One FF in some 200 bytes: its branch costs less than 1 % of a decode.
__attribute__((target("avx2"))) verdict tc_bl_clean_fill(clean_scan *c, const picture *p) {
  const size_t expected = segments_of(p);
  if (reserve(c, p->scan_bytes + 64, expected) != FINE) return NO_MEMORY;
  c->segments = 0;
  const uint8_t *at = p->scan, *end = p->scan + p->scan_bytes;
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
    if (met == 0) return finish(c, length);
  }
  return UNUSUAL;
}

#else
typedef int tc_no_scan_here;
#endif
