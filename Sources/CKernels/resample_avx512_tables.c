// The resampling loops for AVX-512 with VBMI and VNNI: the tables of the horizontal pass.
#if defined(__x86_64__)

#include "resample_avx512.h"

#include <string.h>

static row_tables *new_tables(tk_axis *axis, int32_t units, int32_t blocks, size_t record) {
  const size_t count = (size_t)units * (size_t)blocks;
  const size_t head = (sizeof(row_tables) + count * sizeof(int32_t) + 63) / 64 * 64;
  // And a register more: loads of digits are whole ones.
  row_tables *t = tk_scratch_take(head + count * record + 64);
  if (!t) return NULL;
  *t = (row_tables){.blocks = blocks, .bases = (int32_t *)(void *)(t + 1), .records = (uint8_t *)t + head};
  axis->packed = t;
  return t;
}

// Fills one gathered record; 0 if a tap lies outside of the loads.
INLINE int fill_gathered(
  const tk_axis *axis, int32_t channels, int32_t loads, int32_t group, int32_t block, int32_t *base,
  uint8_t *record) {
  const int32_t samples = axis->out * channels, from = group * GROUP;
  int32_t pixel = from / channels, channel = from % channels;
  *base = tk_gather_base(axis, channels, from, 4 * block, loads * LOAD);
  uint32_t *index = (uint32_t *)(void *)record, *digits = index + GROUP;
  const uint32_t steps = (uint32_t)channels * 0x03020100u;
  memset(record, 0, (1 + DIGITS) * LOAD);
  for (int32_t lane = 0; lane < GROUP && from + lane < samples; pixel++, channel = 0) {
    int32_t taps = axis->count[pixel] - 4 * block;
    if (taps > 4) taps = 4;
    const int32_t offset = (axis->first[pixel] + 4 * block) * channels - *base;
    const int32_t now = channels - channel < GROUP - lane ? channels - channel : GROUP - lane;
    if (taps > 0) {
      if (offset + taps * channels > loads * LOAD) return 0;
      const int32_t *w = axis->weights + (size_t)pixel * (size_t)axis->taps + 4 * block;
      uint32_t words[4];
      _mm_storeu_si128((__m128i *)(void *)words, digits_of(_mm_loadu_si128((const __m128i *)(const void *)w)));
      for (int32_t i = 0; i < now; i++) {
        index[lane + i] = (uint32_t)(offset + channel + i) * 0x01010101u + steps;
        for (int d = 0; d < DIGITS; d++) digits[d * GROUP + lane + i] = words[d];
      }
    }
    lane += now;
  }
  return 1;
}

TARGET static int prepare_gathered(tk_axis *axis, int32_t channels, int32_t loads) {
  const int32_t groups = (axis->out * channels + GROUP - 1) / GROUP, blocks = axis->taps / 4;
  if (!tk_gather_reaches(axis, channels, GROUP, 4, loads * LOAD)) return 1;
  row_tables *t = new_tables(axis, groups, blocks, (1 + DIGITS) * LOAD);
  if (!t) return -1;
  t->loads = loads;
  uint8_t *record = t->records;
  int32_t *base = t->bases;
  for (int32_t g = 0; g < groups; g++) {
    for (int32_t b = 0; b < blocks; b++, base++, record += (1 + DIGITS) * LOAD) {
      if (fill_gathered(axis, channels, loads, g, b, base, record)) continue;
      tk_scratch_give(t);
      axis->packed = NULL;
      return 1;
    }
  }
  return 0;
}

// Fills one spread record: the taps of `pixel` from `skip` on, moved back by as much as its load is.
INLINE void fill_spread(
  const tk_axis *axis, int32_t pixel, int32_t skip, int32_t quads, int32_t *base, uint8_t *record) {
  const int32_t span = 4 * quads, wanted = axis->first[pixel] + skip;
  *base = wanted < axis->in - span ? wanted : axis->in - span;
  int32_t weights[2 * LOAD] = {0}, taps = axis->count[pixel] - skip;
  if (taps > span) taps = span;
  if (taps > 0) {
    const int32_t *row = axis->weights + (size_t)pixel * (size_t)axis->taps + skip;
    memcpy(weights + (wanted - *base), row, sizeof(int32_t) * (size_t)taps);
  }
  for (int32_t q = 0; q < quads; q++) {
    uint32_t words[4];
    const __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(weights + 4 * q));
    _mm_storeu_si128((__m128i *)(void *)words, digits_of(w));
    for (int d = 0; d < DIGITS; d++) memcpy(record + 4 * (d * quads + q), &words[d], 4);
  }
}

TARGET static int prepare_spread(tk_axis *axis, int32_t channels) {
  const int32_t quads = spread_quads(channels), span = 4 * quads;
  const int32_t blocks = (axis->longest + span - 1) / span;
  // No row this short comes here: all of it is in one load, and so it is gathered.
  if (axis->in < span) return 1;
  const size_t record = (size_t)(DIGITS * quads) * 4;
  row_tables *t = new_tables(axis, axis->out, blocks, record);
  if (!t) return -1;
  t->safe_end = axis->out;
  uint8_t *to = t->records;
  int32_t *base = t->bases;
  for (int32_t i = 0; i < axis->out; i++) {
    for (int32_t b = 0; b < blocks; b++, base++, to += record) {
      fill_spread(axis, i, b * span, quads, base, to);
      *base *= channels;
      if (*base + LOAD > axis->in * channels && i < t->safe_end) t->safe_end = i;
    }
  }
  return 0;
}

int tk_avx512_prepare_horizontal(tk_axis *axis, int32_t channels) {
  if (!fits_digits(axis)) return 1;
  int status = prepare_gathered(axis, channels, 1);
  // Of gray a spread load has too many taps; of RGB two loads take longer than it (2.0 times at a fifth, bicubic).
  if (status > 0 && channels <= 2) status = prepare_gathered(axis, channels, 2);
  return status <= 0 ? status : prepare_spread(axis, channels);
}

#else
typedef int tk_no_avx512_tables_here;
#endif
