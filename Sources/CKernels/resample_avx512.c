// The resampling loops for AVX-512 with VBMI and VNNI: the horizontal pass.
//
// Bytes reach their sums in one of two ways. *Gathered* (enlarging, and reducing to about a third, of gray to an
// eighth): the source of 16 neighbouring samples lies in one load or two, and `vpermb` or `vpermi2b` brings every
// sample its four taps. *Spread* (reducing more): one load is the taps of one pixel, whose partial sums are added up
// at the end.
#if defined(__x86_64__)

#include "resample_avx512.h"
#include "resample_rows.h"

// Asks for the rows after these. Megapixels come from memory, and four rows at once outrun the machine's own
// prefetching: 4000 × 3000 → 448 × 336 bilinear takes 1.6 ms with this and 2.5 ms without.
INLINE void prefetch(const row_set *rows, ptrdiff_t at) {
  for (int r = 0; r < ROWS; r++) _mm_prefetch((const char *)rows->from[r] + rows->ahead + at, _MM_HINT_T0);
}

// The bytes of a row that exist, of the first load and of the second.
typedef struct {
  __mmask64 first, second;
} load_masks;

// `count` bits.
INLINE __mmask64 low_bits(int32_t count) { return count <= 0 ? 0 : count < LOAD ? (1ull << count) - 1 : ~0ull; }

// The four taps of 16 samples, by the indices of a record.
INLINE __m512i gathered_taps(const uint8_t *from, __m512i index, load_masks masks, int32_t loads) {
  const __m512i first = _mm512_maskz_loadu_epi8(masks.first, from);
  if (loads == 1) return _mm512_permutexvar_epi8(index, first);
  return _mm512_permutex2var_epi8(first, index, _mm512_maskz_loadu_epi8(masks.second, from + LOAD));
}

// The sums of one group, 16 samples of four rows. `blocks` up to 3 is a constant: the digits then go one after
// another through one sum, which shifts in between; else each has its own.
INLINE void gathered_sums(
  const row_set *rows, const int32_t *bases, const uint8_t *record, int32_t blocks, load_masks masks,
  int32_t loads, __m512i sums[ROWS]) {
  const __m512i zero = _mm512_setzero_si512();
  if (blocks <= 3) {
    __m512i p[3][ROWS];
    for (int b = 0; b < blocks; b++) {
      const __m512i index = loaded(record + b * (1 + DIGITS) * LOAD);
      for (int r = 0; r < ROWS; r++) p[b][r] = gathered_taps(rows->from[r] + bases[b], index, masks, loads);
    }
    for (int r = 0; r < ROWS; r++) sums[r] = early_half();
    for (int d = DIGITS; d > 0; d--) {
      for (int b = 0; b < blocks; b++) {
        const __m512i w = loaded(record + (b * (1 + DIGITS) + d) * LOAD);
        for (int r = 0; r < ROWS; r++) sums[r] = _mm512_dpbusd_epi32(sums[r], p[b][r], w);
      }
      if (d > 1) {
        for (int r = 0; r < ROWS; r++) sums[r] = _mm512_slli_epi32(sums[r], 8);
      }
    }
    return;
  }
  __m512i d2[ROWS], d1[ROWS], d0[ROWS];
  for (int r = 0; r < ROWS; r++) {
    d2[r] = early_half();
    d1[r] = d0[r] = zero;
  }
  for (int32_t b = 0; b < blocks; b++, record += (1 + DIGITS) * LOAD) {
    const __m512i index = loaded(record);
    for (int r = 0; r < ROWS; r++) {
      const __m512i p = gathered_taps(rows->from[r] + bases[b], index, masks, loads);
      d0[r] = _mm512_dpbusd_epi32(d0[r], p, loaded(record + LOAD));
      d1[r] = _mm512_dpbusd_epi32(d1[r], p, loaded(record + 2 * LOAD));
      d2[r] = _mm512_dpbusd_epi32(d2[r], p, loaded(record + 3 * LOAD));
    }
  }
  for (int r = 0; r < ROWS; r++) sums[r] = joined(d2[r], d1[r], d0[r]);
}

// Clips the sums of four rows to bytes: 16 of each row, in a 128-bit lane of its own.
INLINE __m512i gathered_bytes(const __m512i sums[ROWS]) {
  __m512i s[ROWS];
  for (int r = 0; r < ROWS; r++) s[r] = _mm512_srai_epi32(sums[r], TK_WEIGHT_BITS);
  const __m512i bytes =
    _mm512_packus_epi16(_mm512_packs_epi32(s[0], s[1]), _mm512_packs_epi32(s[2], s[3]));
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, bytes);
}

INLINE void gathered_rows(
  const tk_axis *axis, int32_t channels, const row_set *rows, int32_t blocks, int32_t loads) {
  const row_tables *t = axis->packed;
  const int32_t samples = axis->out * channels, row_bytes = axis->in * channels;
  const load_masks masks = {low_bits(row_bytes), low_bits(row_bytes - LOAD)};
  // Pictures of shorter rows are in the cache, most of them.
  const int is_long = row_bytes >= 4096;
  const int32_t *bases = t->bases;
  const uint8_t *record = t->records;
  for (int32_t x = 0; x < samples; x += GROUP, bases += blocks, record += blocks * (1 + DIGITS) * LOAD) {
    __m512i sums[ROWS];
    if (is_long) prefetch(rows, bases[0]);
    gathered_sums(rows, bases, record, blocks, masks, loads, sums);
    const __m512i bytes = gathered_bytes(sums);
    const __m128i row[ROWS] = {
      _mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1), _mm512_extracti32x4_epi32(bytes, 2),
      _mm512_extracti32x4_epi32(bytes, 3)};
    if (x + GROUP <= samples) {
      for (int r = 0; r < ROWS; r++) _mm_storeu_si128((__m128i *)(void *)(rows->to[r] + x), row[r]);
    } else {
      const __mmask16 rest = (__mmask16)((1u << (samples - x)) - 1);
      for (int r = 0; r < ROWS; r++) _mm_mask_storeu_epi8(rows->to[r] + x, rest, row[r]);
    }
  }
}

// How the spread way lays out one load: the bytes of each sum's taps, the words of digits of each sum, the bytes that
// are its own; and how four pixels of one row leave it.
typedef struct {
  __m512i bytes, words[DIGITS], pixels;
  __mmask64 mask;
} spread_order;

// Lane l holds channel l % 4 of quad l / 4; of RGB, the fifth quad has the lanes 3, 7 and 11, and 15 is anything.
INLINE spread_order spread_order_of(int32_t channels) {
  _Alignas(64) uint8_t bytes[LOAD], pixels[LOAD];
  _Alignas(64) uint32_t words[DIGITS][GROUP];
  const int32_t quads = spread_quads(channels), sums = channels == 3 ? 4 : channels;
  for (int32_t lane = 0; lane < GROUP; lane++) {
    const int is_fifth = channels == 3 && lane % 4 == 3;
    const int32_t quad = is_fifth ? 4 : lane / sums, channel = is_fifth ? lane / 4 % 3 : lane % sums;
    for (int32_t t = 0; t < 4; t++) {
      bytes[4 * lane + t] = (uint8_t)((4 * quad + t) * channels + channel);
      const int32_t i = 4 * lane % 16 + t;
      pixels[4 * lane + t] = (uint8_t)(i < 4 * channels ? 4 * (i / channels) + i % channels : 0x80);
    }
    // Few quads: the words of all digits are in one register.
    for (int d = 0; d < DIGITS; d++) words[d][lane] = (uint32_t)(quads <= 5 ? d * quads + quad : quad);
  }
  const __mmask64 mask = channels == 3 ? (1ull << 60) - 1 : ~0ull;
  return (spread_order){
    _mm512_load_si512(bytes),
    {_mm512_load_si512(words[0]), _mm512_load_si512(words[1]), _mm512_load_si512(words[2])},
    _mm512_load_si512(pixels), mask};
}

INLINE __m512i spread_digits(const uint8_t *record, int32_t channels, int d, const spread_order *order) {
  if (channels == 1) return loaded(record + d * LOAD);
  return _mm512_permutexvar_epi32(order->words[d], loaded(record + (channels == 2 ? d * LOAD / 2 : 0)));
}

INLINE __m512i spread_bytes(const uint8_t *from, const spread_order *order, int masked) {
  const __m512i bytes = masked ? _mm512_maskz_loadu_epi8(order->mask, from) : loaded(from);
  return _mm512_permutexvar_epi8(order->bytes, bytes);
}

// The partial sums of one pixel of four rows; see `gathered_sums` about `blocks`.
INLINE void spread_sums(
  const row_set *rows, int32_t channels, const int32_t *bases, const uint8_t *record, int32_t blocks,
  const spread_order *order, int masked, __m512i sums[ROWS]) {
  const int32_t size = DIGITS * 4 * spread_quads(channels);
  const __m512i zero = _mm512_setzero_si512();
  if (blocks <= 3) {
    __m512i p[3][ROWS];
    for (int b = 0; b < blocks; b++) {
      for (int r = 0; r < ROWS; r++) p[b][r] = spread_bytes(rows->from[r] + bases[b], order, masked);
    }
    for (int r = 0; r < ROWS; r++) sums[r] = zero;
    for (int d = DIGITS - 1; d >= 0; d--) {
      for (int b = 0; b < blocks; b++) {
        const __m512i w = spread_digits(record + b * size, channels, d, order);
        for (int r = 0; r < ROWS; r++) sums[r] = _mm512_dpbusd_epi32(sums[r], p[b][r], w);
      }
      if (d > 0) {
        for (int r = 0; r < ROWS; r++) sums[r] = _mm512_slli_epi32(sums[r], 8);
      }
    }
    return;
  }
  __m512i d2[ROWS], d1[ROWS], d0[ROWS];
  for (int r = 0; r < ROWS; r++) d2[r] = d1[r] = d0[r] = zero;
  for (int32_t b = 0; b < blocks; b++, record += size) {
    const __m512i w0 = spread_digits(record, channels, 0, order), w1 = spread_digits(record, channels, 1, order);
    const __m512i w2 = spread_digits(record, channels, 2, order);
    for (int r = 0; r < ROWS; r++) {
      const __m512i p = spread_bytes(rows->from[r] + bases[b], order, masked);
      d0[r] = _mm512_dpbusd_epi32(d0[r], p, w0);
      d1[r] = _mm512_dpbusd_epi32(d1[r], p, w1);
      d2[r] = _mm512_dpbusd_epi32(d2[r], p, w2);
    }
  }
  for (int r = 0; r < ROWS; r++) sums[r] = joined(d2[r], d1[r], d0[r]);
}

// Adds up the partial sums of each row: row r's channels are in the 128-bit lane r, shifted to 8 bits, not clipped.
INLINE __m512i spread_pixel(const __m512i sums[ROWS], int32_t channels) {
  const __m512i a = _mm512_add_epi32(
    _mm512_shuffle_i64x2(sums[0], sums[1], 0x88), _mm512_shuffle_i64x2(sums[0], sums[1], 0xDD));
  const __m512i b = _mm512_add_epi32(
    _mm512_shuffle_i64x2(sums[2], sums[3], 0x88), _mm512_shuffle_i64x2(sums[2], sums[3], 0xDD));
  __m512i s = _mm512_add_epi32(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xDD));
  if (channels == 3) {
    const __m512i fifth = _mm512_setr_epi32(3, 7, 11, 15, 19, 23, 27, 31, 3, 7, 11, 15, 19, 23, 27, 31);
    s = _mm512_add_epi32(s, _mm512_maskz_permutex2var_epi32(0x00FF, sums[0], fifth, sums[1]));
    s = _mm512_add_epi32(s, _mm512_maskz_permutex2var_epi32(0xFF00, sums[2], fifth, sums[3]));
  }
  if (channels <= 2) s = _mm512_add_epi32(s, _mm512_shuffle_epi32(s, 0x4E));
  if (channels == 1) s = _mm512_add_epi32(s, _mm512_shuffle_epi32(s, 0xB1));
  return _mm512_srai_epi32(_mm512_add_epi32(s, _mm512_set1_epi32(1 << (TK_WEIGHT_BITS - 1))), TK_WEIGHT_BITS);
}

// Clips and stores four pixels of four rows; 16 bytes of each row are written.
INLINE void store_pixels(
  const row_set *rows, ptrdiff_t at, __mmask16 mask, const __m512i s[4], const spread_order *order) {
  const __m512i bytes = _mm512_shuffle_epi8(
    _mm512_packus_epi16(_mm512_packs_epi32(s[0], s[1]), _mm512_packs_epi32(s[2], s[3])), order->pixels);
  _mm_mask_storeu_epi8(rows->to[0] + at, mask, _mm512_castsi512_si128(bytes));
  _mm_mask_storeu_epi8(rows->to[1] + at, mask, _mm512_extracti32x4_epi32(bytes, 1));
  _mm_mask_storeu_epi8(rows->to[2] + at, mask, _mm512_extracti32x4_epi32(bytes, 2));
  _mm_mask_storeu_epi8(rows->to[3] + at, mask, _mm512_extracti32x4_epi32(bytes, 3));
}

INLINE void spread_rows(const tk_axis *axis, int32_t channels, const row_set *rows, int32_t blocks) {
  const row_tables *t = axis->packed;
  const spread_order order = spread_order_of(channels);
  const int32_t size = DIGITS * 4 * spread_quads(channels) * blocks;
  const int32_t *bases = t->bases;
  const uint8_t *record = t->records;
  __m512i sums[ROWS], pixels[4];
  int32_t x = 0;
  // Four pixels at a time, as long as their 16 bytes stay in the row; the next four overwrite what is too much.
  for (; x + 4 <= t->safe_end && (axis->out - x) * channels >= 16; x += 4) {
    for (int i = 0; i < 4; i++, bases += blocks, record += size) {
      prefetch(rows, bases[0]);
      spread_sums(rows, channels, bases, record, blocks, &order, 0, sums);
      pixels[i] = spread_pixel(sums, channels);
    }
    store_pixels(rows, (ptrdiff_t)x * channels, 0xFFFF, pixels, &order);
  }
  for (int i = 0; i < 4; i++) pixels[i] = _mm512_setzero_si512();
  for (; x < axis->out; x++, bases += blocks, record += size) {
    spread_sums(rows, channels, bases, record, t->blocks, &order, 1, sums);
    pixels[0] = spread_pixel(sums, channels);
    store_pixels(rows, (ptrdiff_t)x * channels, (__mmask16)((1 << channels) - 1), pixels, &order);
  }
}

// A copy of the loop for each number of blocks that is a constant in it.
INLINE void horizontal_rows(const tk_axis *axis, int32_t channels, const row_set *rows) {
  const row_tables *t = axis->packed;
  if (t->loads == 1) {
    switch (t->blocks) {
    case 1: gathered_rows(axis, channels, rows, 1, 1); break;
    case 2: gathered_rows(axis, channels, rows, 2, 1); break;
    case 3: gathered_rows(axis, channels, rows, 3, 1); break;
    default: gathered_rows(axis, channels, rows, t->blocks, 1);
    }
  } else if (t->loads == 2 && channels <= 2) {
    switch (t->blocks) {
    case 2: gathered_rows(axis, channels, rows, 2, 2); break;
    case 3: gathered_rows(axis, channels, rows, 3, 2); break;
    default: gathered_rows(axis, channels, rows, t->blocks, 2);
    }
  } else {
    switch (t->blocks) {
    case 1: spread_rows(axis, channels, rows, 1); break;
    case 2: spread_rows(axis, channels, rows, 2); break;
    case 3: spread_rows(axis, channels, rows, 3); break;
    default: spread_rows(axis, channels, rows, t->blocks);
    }
  }
}

TARGET static void rows_1(const tk_axis *axis, const row_set *rows) { horizontal_rows(axis, 1, rows); }
TARGET static void rows_2(const tk_axis *axis, const row_set *rows) { horizontal_rows(axis, 2, rows); }
TARGET static void rows_3(const tk_axis *axis, const row_set *rows) { horizontal_rows(axis, 3, rows); }
TARGET static void rows_4(const tk_axis *axis, const row_set *rows) { horizontal_rows(axis, 4, rows); }

static void horizontal(
  const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows) {
  static void (*const run[])(const tk_axis *, const row_set *) = {rows_1, rows_2, rows_3, rows_4};
  for (int32_t y = 0; y < rows; y += ROWS) {
    const row_set set = rows_from(source, source_stride, target, target_stride, y, rows);
    run[channels - 1](axis, &set);
  }
}

const tk_loops tk_loops_avx512 = {
  tk_avx512_prepare_horizontal, tk_avx512_prepare_vertical, horizontal, tk_avx512_vertical};

#else
typedef int tk_no_avx512_here;
#endif
