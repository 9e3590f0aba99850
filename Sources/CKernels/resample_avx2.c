// The resampling loops for AVX2: the horizontal pass.
//
// As in the AVX-512 loops, bytes reach their sums in one of two ways: *gathered* (enlarging, and reducing to about a
// third), two taps of four neighbouring samples by one `pshufb`; *spread* (reducing more), the taps of one pixel.
#if defined(__x86_64__)

#include "resample_avx2.h"
#include "resample_rows.h"

#include <string.h>

enum {
  // Samples of a gathered group: four from each of two loads.
  GROUP = 8,
  LOAD = 16,
  RECORD = 96,
};

// The horizontal pass. Gathered: for each group and block (two taps) two loads' offsets and 32 bytes each of
// indices, high halves and low halves. Spread: for each output pixel where its loads begin, and `blocks` × 16 high
// halves and as many low ones, in the order of `tap_of_lane`.
typedef struct {
  int is_gathered;
  int32_t blocks;
  // Spread: outputs from here on are near the right edge, where loads would pass the row's end: scalar.
  int32_t fast_end;
  int32_t *start;
  int16_t *weights;
} row_tables;

static row_tables *new_tables(tk_axis *axis, int32_t blocks, size_t starts, size_t bytes) {
  const size_t head = (sizeof(row_tables) + sizeof(int32_t) * starts + 63) / 64 * 64;
  row_tables *t = tk_scratch_take(head + bytes);
  if (!t) return NULL;
  memset(t, 0, head + bytes);
  *t = (row_tables){
    .blocks = blocks, .start = (int32_t *)(void *)(t + 1), .weights = (int16_t *)(void *)((char *)t + head)};
  axis->packed = t;
  return t;
}

// MARK: the gathered way

// Fills the half of a record that one load serves; 0 if a tap lies outside of the load.
static inline int fill_gathered(
  const tk_axis *axis, int32_t channels, int32_t from, int32_t tap, int32_t *base, uint32_t *record) {
  const int32_t samples = axis->out * channels;
  if (from >= samples) return 1;
  *base = tk_gather_base(axis, channels, from, tap, LOAD);
  int32_t pixel = from / channels, channel = from % channels;
  for (int32_t lane = 0; lane < GROUP / 2 && from + lane < samples; lane++) {
    const int32_t left = axis->count[pixel] - tap, offset = (axis->first[pixel] + tap) * channels + channel - *base;
    if (left > 0) {
      // The second byte's weight is 0 where there is no second tap.
      const int32_t second = left > 1 ? offset + channels : offset;
      if (second >= LOAD) return 0;
      const int32_t *w = axis->weights + (size_t)pixel * (size_t)axis->taps + tap;
      record[lane] = 0x80008000u | (uint32_t)offset | (uint32_t)second << 16;
      record[GROUP + lane] = high_pair(w);
      record[2 * GROUP + lane] = low_pair(w);
    }
    if (++channel == channels) {
      channel = 0;
      pixel++;
    }
  }
  return 1;
}

static int prepare_gathered(tk_axis *axis, int32_t channels) {
  const int32_t groups = (axis->out * channels + GROUP - 1) / GROUP, blocks = (axis->longest + 1) / 2;
  // Of RGBA, two taps of a pixel are half a load only: from 24 taps on, the other way is faster.
  if (axis->in * channels < LOAD || (channels == 4 && axis->longest > 24)) return 1;
  if (!tk_gather_reaches(axis, channels, GROUP / 2, 2, LOAD)) return 1;
  const size_t count = (size_t)groups * (size_t)blocks;
  row_tables *t = new_tables(axis, blocks, 2 * count, RECORD * count);
  if (!t) return -1;
  t->is_gathered = 1;
  int32_t *base = t->start;
  uint32_t *record = (uint32_t *)(void *)t->weights;
  for (int32_t g = 0; g < groups; g++) {
    for (int32_t b = 0; b < blocks; b++, base += 2, record += RECORD / 4) {
      if (fill_gathered(axis, channels, g * GROUP, 2 * b, base, record)
          && fill_gathered(axis, channels, g * GROUP + GROUP / 2, 2 * b, base + 1, record + GROUP / 2)) {
        continue;
      }
      tk_scratch_give(t);
      axis->packed = NULL;
      return 1;
    }
  }
  return 0;
}

AVX2_INLINE __m256i two_loads(const uint8_t *lower, const uint8_t *upper) {
  const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)lower);
  return _mm256_inserti128_si256(
    _mm256_castsi128_si256(first), _mm_loadu_si128((const __m128i *)(const void *)upper), 1);
}

AVX2_INLINE void gathered_rows(const tk_axis *axis, int32_t channels, const row_set *rows, int32_t blocks) {
  const row_tables *t = axis->packed;
  const int32_t samples = axis->out * channels;
  const int32_t *base = t->start;
  const uint8_t *record = (const uint8_t *)t->weights;
  // See the AVX-512 loops about reading ahead.
  const int is_long = axis->in * channels >= 4096;
  for (int32_t x = 0; x < samples; x += GROUP) {
    for (int r = 0; r < ROWS && is_long; r++) {
      _mm_prefetch((const char *)rows->from[r] + rows->ahead + base[0], _MM_HINT_T0);
    }
    __m256i high_sum[ROWS], low_sum[ROWS], s[ROWS];
    for (int r = 0; r < ROWS; r++) {
      high_sum[r] = _mm256_setzero_si256();
      low_sum[r] = half();
    }
    for (int32_t b = 0; b < blocks; b++, base += 2, record += RECORD) {
      const __m256i index = loaded(record), wh = loaded(record + 32), wl = loaded(record + 64);
      for (int r = 0; r < ROWS; r++) {
        const __m256i p = _mm256_shuffle_epi8(two_loads(rows->from[r] + base[0], rows->from[r] + base[1]), index);
        high_sum[r] = _mm256_add_epi32(high_sum[r], _mm256_madd_epi16(p, wh));
        low_sum[r] = _mm256_add_epi32(low_sum[r], _mm256_madd_epi16(p, wl));
      }
    }
    for (int r = 0; r < ROWS; r++) s[r] = joined(high_sum[r], low_sum[r]);
    // Eight bytes of each row, one after another.
    const __m256i bytes = _mm256_permutevar8x32_epi32(
      _mm256_packus_epi16(_mm256_packs_epi32(s[0], s[1]), _mm256_packs_epi32(s[2], s[3])),
      _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    const size_t size = samples - x < GROUP ? (size_t)(samples - x) : GROUP;
    const __m128i lower = _mm256_castsi256_si128(bytes), upper = _mm256_extracti128_si256(bytes, 1);
    const int64_t row[ROWS] = {
      _mm_cvtsi128_si64(lower), _mm_extract_epi64(lower, 1), _mm_cvtsi128_si64(upper), _mm_extract_epi64(upper, 1)};
    if (size == GROUP) {
      for (int r = 0; r < ROWS; r++) memcpy(rows->to[r] + x, &row[r], GROUP);
    } else {
      for (int r = 0; r < ROWS; r++) memcpy(rows->to[r] + x, &row[r], size);
    }
  }
}

AVX2 static void gathered(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  const int32_t blocks = ((const row_tables *)axis->packed)->blocks;
  for (int32_t y = 0; y < rows; y += ROWS) {
    const row_set set = rows_from(source, source_stride, target, target_stride, y, rows);
    switch (blocks) {
    case 2: gathered_rows(axis, channels, &set, 2); break;
    case 3: gathered_rows(axis, channels, &set, 3); break;
    default: gathered_rows(axis, channels, &set, blocks);
    }
  }
}

// MARK: the spread way

// A block is one load of 16 bytes: so many taps, so many bytes to the next block.
static int32_t block_taps(int32_t channels) { return channels == 1 ? 16 : channels == 2 ? 8 : 4; }

// The tap whose weight stands in 16-bit lane `lane` of a block, for `channels`.
static int32_t tap_of_lane(int32_t channels, int32_t lane) {
  if (channels == 1) return lane;
  if (channels == 2) return lane / 8 * 4 + lane % 8 / 4 * 2 + lane % 2;
  return lane / 8 * 2 + lane % 2;
}

// The byte of a block that belongs into 16-bit lane `lane`, −1 for zero.
static int32_t byte_of_lane(int32_t channels, int32_t lane) {
  const int32_t tap = tap_of_lane(channels, lane);
  const int32_t channel = channels == 1 ? 0 : lane % 8 / 2 % (channels == 2 ? 2 : 4);
  return channel < channels ? tap * channels + channel : -1;
}

static int prepare_spread(tk_axis *axis, int32_t channels) {
  const int32_t taps = block_taps(channels);
  const int32_t blocks = (axis->longest + taps - 1) / taps;
  row_tables *packed = new_tables(axis, blocks, (size_t)axis->out, (size_t)axis->out * (size_t)blocks * 64);
  if (!packed) return -1;
  // The last start whose loads stay inside of the row.
  const int64_t bytes = (int64_t)(blocks - 1) * taps * channels + 16;
  const int64_t room = (int64_t)axis->in * channels - bytes;
  const int64_t last_start = room < 0 ? -1 : room / channels;
  for (int32_t i = 0; i < axis->out; i++) {
    const int32_t first = axis->first[i];
    const int32_t start = first <= last_start ? first : (int32_t)last_start;
    if (start < 0 || first + axis->count[i] - start > blocks * taps) break;
    packed->start[i] = start;
    packed->fast_end = i + 1;
    int16_t *w = packed->weights + (size_t)i * (size_t)blocks * 32;
    for (int32_t b = 0; b < blocks; b++, w += 32) {
      for (int32_t lane = 0; lane < 16; lane++) {
        const int32_t j = start + b * taps + tap_of_lane(channels, lane) - first;
        const int32_t *row = axis->weights + (size_t)i * (size_t)axis->taps;
        const int32_t k = j < 0 || j >= axis->count[i] ? 0 : row[j];
        w[lane] = high(k);
        w[16 + lane] = low(k);
      }
    }
  }
  return 0;
}

static int prepare_horizontal(tk_axis *axis, int32_t channels) {
  if (!tk_axis_fits_halves(axis)) return 1;
  const int status = prepare_gathered(axis, channels);
  return status <= 0 ? status : prepare_spread(axis, channels);
}

// The channel sums of a pixel of two rows, one in each half of the result, from 8 partial sums each.
AVX2_INLINE __m256i channel_sums(__m256i first, __m256i second, int32_t channels) {
  __m256i s = _mm256_add_epi32(
    _mm256_permute2x128_si256(first, second, 0x20), _mm256_permute2x128_si256(first, second, 0x31));
  if (channels <= 2) s = _mm256_add_epi32(s, _mm256_shuffle_epi32(s, 0x4E));
  if (channels == 1) s = _mm256_add_epi32(s, _mm256_shuffle_epi32(s, 0xB1));
  return _mm256_srai_epi32(_mm256_add_epi32(s, half()), TK_WEIGHT_BITS);
}

// Writes the pixel in the low bytes of `value`; `last` is set where a wider store would pass the row.
AVX2_INLINE void store_pixel(uint8_t *target, uint32_t value, int32_t channels, int last) {
  switch (channels) {
  case 1: *target = (uint8_t)value; break;
  case 2: memcpy(target, &value, 2); break;
  case 3:
    if (last) {
      memcpy(target, &value, 3);
    } else {
      memcpy(target, &value, 4);
    }
    break;
  default: memcpy(target, &value, 4);
  }
}

// The partial sums of one pixel of four rows, from where its loads begin.
AVX2_INLINE void spread_sums(
  const row_set *rows, ptrdiff_t at, const int16_t *w, int32_t blocks, int32_t block_bytes, __m256i shuffle,
  __m256i sums[ROWS]) {
  __m256i high_sum[ROWS], low_sum[ROWS];
  for (int r = 0; r < ROWS; r++) high_sum[r] = low_sum[r] = _mm256_setzero_si256();
  for (int32_t b = 0; b < blocks; b++, w += 32, at += block_bytes) {
    const __m256i wh = loaded(w), wl = loaded(w + 16);
    for (int r = 0; r < ROWS; r++) {
      const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(rows->from[r] + at));
      const __m256i p = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), shuffle);
      high_sum[r] = _mm256_add_epi32(high_sum[r], _mm256_madd_epi16(p, wh));
      low_sum[r] = _mm256_add_epi32(low_sum[r], _mm256_madd_epi16(p, wl));
    }
  }
  for (int r = 0; r < ROWS; r++) {
    sums[r] = _mm256_add_epi32(_mm256_slli_epi32(high_sum[r], TK_LOW_BITS), low_sum[r]);
  }
}

AVX2_INLINE void spread_rows(const tk_axis *axis, int32_t channels, const row_set *rows, int32_t blocks) {
  const row_tables *packed = axis->packed;
  const int32_t block_bytes = block_taps(channels) * channels;
  _Alignas(32) int8_t order[32];
  for (int32_t lane = 0; lane < 16; lane++) {
    order[2 * lane] = (int8_t)byte_of_lane(channels, lane);
    order[2 * lane + 1] = -1;
  }
  const __m256i shuffle = loaded(order);
  const int16_t *w = packed->weights;
  for (int32_t x = 0; x < packed->fast_end; x++, w += 32 * blocks) {
    const ptrdiff_t at = (ptrdiff_t)packed->start[x] * channels;
    __m256i sums[ROWS];
    for (int r = 0; r < ROWS; r++) _mm_prefetch((const char *)rows->from[r] + rows->ahead + at, _MM_HINT_T0);
    spread_sums(rows, at, w, blocks, block_bytes, shuffle, sums);
    // Rows 0 and 2 in the lower half, 1 and 3 in the upper one.
    const __m256i words = _mm256_packs_epi32(
      channel_sums(sums[0], sums[1], channels), channel_sums(sums[2], sums[3], channels));
    const __m256i pixels = _mm256_packus_epi16(words, words);
    const __m128i even = _mm256_castsi256_si128(pixels), odd = _mm256_extracti128_si256(pixels, 1);
    const ptrdiff_t to = (ptrdiff_t)x * channels;
    const int last = x + 1 == axis->out;
    store_pixel(rows->to[0] + to, (uint32_t)_mm_cvtsi128_si32(even), channels, last);
    store_pixel(rows->to[1] + to, (uint32_t)_mm_cvtsi128_si32(odd), channels, last);
    store_pixel(rows->to[2] + to, (uint32_t)_mm_extract_epi32(even, 1), channels, last);
    store_pixel(rows->to[3] + to, (uint32_t)_mm_extract_epi32(odd, 1), channels, last);
  }
}

// A copy of the loop for each number of blocks that is a constant in it.
AVX2_INLINE void spread_channels(const tk_axis *axis, int32_t channels, const row_set *rows) {
  const int32_t blocks = ((const row_tables *)axis->packed)->blocks;
  switch (blocks) {
  case 3: spread_rows(axis, channels, rows, 3); break;
  case 5: spread_rows(axis, channels, rows, 5); break;
  default: spread_rows(axis, channels, rows, blocks);
  }
}

AVX2 static void spread(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  for (int32_t y = 0; y < rows; y += ROWS) {
    const row_set set = rows_from(source, source_stride, target, target_stride, y, rows);
    switch (channels) {
    case 1: spread_channels(axis, 1, &set); break;
    case 2: spread_channels(axis, 2, &set); break;
    case 3: spread_channels(axis, 3, &set); break;
    default: spread_channels(axis, 4, &set); break;
    }
  }
  const int32_t fast_end = ((const row_tables *)axis->packed)->fast_end;
  if (fast_end == axis->out) return;
  for (int32_t y = 0; y < rows; y++) {
    tk_horizontal_edge(axis, channels, source + y * source_stride, target + y * target_stride, fast_end, axis->out);
  }
}

static void horizontal(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  const int is_gathered = ((const row_tables *)axis->packed)->is_gathered;
  (is_gathered ? gathered : spread)(axis, channels, source, source_stride, target, target_stride, rows);
}

const tk_loops tk_loops_avx2 = {prepare_horizontal, tk_avx2_prepare_vertical, horizontal, tk_avx2_vertical};

#else
typedef int tk_no_avx2_here;
#endif
