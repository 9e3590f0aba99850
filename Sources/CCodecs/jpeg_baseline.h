/// JPEGs without libjpeg: Huffman decoding by tables that tell two coefficients at a time, and the inverse DCT, the
/// enlarged chroma and the colours in libjpeg's bits. Baseline files here, progressive ones in `jpeg_progressive.h`.
///
/// What is usual and sound is taken, and all else (a verdict other than FINE) is left to libjpeg from the first byte on.
/// Sources: ITU-T T.81, its Annex F for the entropy coding, and libjpeg-turbo's results, with which every test compares.
#ifndef TESSERA_TC_JPEG_BASELINE_H
#define TESSERA_TC_JPEG_BASELINE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tc_internal.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { MOST_COMPONENTS = 3, MOST_BLOCKS = 10, MOST_SIZE_DC = 11, MOST_SIZE_AC = 10 };

/// Why a file is not for this decoder. Everything but FINE is left to libjpeg, which says what is wrong, or decodes it.
typedef enum { FINE, UNUSUAL, DAMAGED, NO_MEMORY } verdict;

/// A Huffman table as the file has it: codes of each length, and the symbols in order of their codes.
typedef struct {
  uint8_t counts[17];
  uint8_t symbols[256];
  int present;
} huffman_spec;

/// `size`: samples that a block gives in each direction; 8, or less of a scaled picture.
typedef struct {
  int h, v, quant, dc, ac, size;
} component;

/// What a scan of a progressive file brings: which bits of which coefficients of whom. Baseline: all.
typedef struct {
  int components, owner[MOST_COMPONENTS];
  /// The zigzag's first and last; the bit known so far (0: none) and the one that is known then.
  int from, to, high, low;
} scan_part;

/// What the headers say. `scan` is the first byte of the entropy-coded data at hand, `end` the file's.
typedef struct {
  int width, height, components, h_most, v_most, mcus_wide, mcus_high, restart_interval;
  int is_ycc, is_progressive, ids[MOST_COMPONENTS];
  /// Samples in each direction of a block whose component is sampled as finely as any: 8 / the scale.
  int size;
  component component[MOST_COMPONENTS];
  uint16_t quant[4][64];  // natural order
  int quant_present[4];
  huffman_spec dc[4], ac[4];
  /// The blocks of one MCU in order: whose they are.
  int blocks, owner[MOST_BLOCKS];
  const uint8_t *scan, *end;
  scan_part part;
} picture;

/// a / b, rounded up.
ALWAYS_INLINE int over(int a, int b) { return (a + b - 1) / b; }

/// Reads up to the first scan.
verdict tc_bl_parse(picture *p, const uint8_t *bytes, size_t count, int scale);
/// Reads on to a progressive file's next scan from the marker behind the last. `is_end`: there is none.
verdict tc_bl_next_scan(picture *p, const uint8_t *marker, int *is_end);

/// Where the zigzag's k-th coefficient belongs. From 64 on: the place behind the block, which the next block's first
/// coefficient will overwrite.
extern const uint8_t tc_bl_natural_order[256];

// MARK: the clean scan

/// Bytes that must be readable behind the clean data: the longest block, 63 symbols of 26 bits and a DC of 27, and a word.
enum { CLEAN_SLACK = 256 };

/// A scan without its stuffed zeros and restart markers. Segment i ends before `ends[i]`.
typedef struct {
  uint8_t *bytes;
  uint32_t *ends;
  size_t segments;
  /// The marker that ends the scan.
  const uint8_t *marker;
} clean_scan;

/// Unstuffs the picture's scan of so many MCUs into `bytes`, which have room for it and the slack; `ends` is the caller's
/// to free. UNUSUAL where no marker ends the data, or the restart markers are not in order.
verdict tc_bl_clean_fill(clean_scan *c, const picture *p, size_t mcus, uint8_t *bytes);

// MARK: tables

// Combined table, one symbol: bits 0-5 all its bits (code and magnitude), bits 8-15 how far k goes, bits 16-31 the value.
// With BY_HAND the magnitude did not fit: bits 16-20 are the code's length. With NO_CODE the code did not fit either.
#define BY_HAND 0x40u
#define NO_CODE 0x80u
// The end of block moves k by 128: a k with bit 6 set is then a run over the block's end, which is damage.
enum { END_OF_BLOCK = 128, OVERRUN = 64 };

enum { BITS_ONE = 11, BITS_CODE = 10 };

/// What a code is for. A progressive file's ends of block have runs, and its refinements bring ones alone.
typedef enum { DC, AC, AC_FIRST, AC_REFINED } code_kind;

/// The tables for one Huffman code: `one` of an AC code, `two` of a baseline file's, `code` of a DC code.
typedef struct {
  code_kind kind;
  uint32_t one[1 << BITS_ONE];
  /// Two symbols: bits 0-5 both's bits, bits 8-15 the first's way, bits 16-23 both's way, bits 24-29 the first's bits,
  /// bits 32-47 and 48-63 the values. A lone symbol is there twice.
  uint64_t two[1 << BITS_ONE];
  /// Codes only: bits 0-5 all bits, bits 8-15 the way, bits 16-20 the code's bits, bits 24-27 the magnitude's.
  uint32_t code[1 << BITS_CODE];
  /// For codes longer than a table: the first code that is longer than i bits, left-aligned in 16 bits; and what to add.
  uint32_t limit[18];
  int32_t offset[17];
  huffman_spec spec;
} huffman_table;

/// Builds the tables of a code.
verdict tc_bl_build(huffman_table *t, const huffman_spec *spec, code_kind kind);

// MARK: decoding

/// Bits left-aligned; bits below `count` are the stream's next ones or zeros.
typedef struct {
  uint64_t bits;
  const uint8_t *next;
  uint32_t count;
} reader;

ALWAYS_INLINE uint64_t load_big64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return __builtin_bswap64(v);
}

/// At least 56 bits.
ALWAYS_INLINE void reader_refill(reader *r) {
  r->bits |= load_big64(r->next) >> r->count;
  r->next += (63 - r->count) >> 3;
  r->count |= 56;
}

ALWAYS_INLINE void reader_drop(reader *r, uint32_t count) {
  r->bits <<= count & 63;
  r->count -= count & 63;
}

/// T.81's EXTEND of the `size` bits that `bits` begins with.
ALWAYS_INLINE int32_t extended(uint64_t bits, uint32_t size) {
  uint64_t magnitude = (bits >> 1) >> (63 - size);
  uint64_t negative = ~(uint64_t)((int64_t)bits >> 63);
  return (int32_t)(magnitude - (negative & (((uint64_t)1 << size) - 1)));
}

/// A symbol in the layout of `huffman_table.code`, by the canonical code's limits; 0 where there is none.
uint32_t tc_bl_search(const huffman_table *t, uint64_t bits);

/// A DC difference from the code table or by search. False where there is no such code.
ALWAYS_INLINE int read_dc(reader *r, const huffman_table *t, int32_t *value) {
  uint32_t e = t->code[r->bits >> (64 - BITS_CODE)];
  if (UNLIKELY(e & NO_CODE)) {
    e = tc_bl_search(t, r->bits);
    if (!e) return 0;
  }
  *value = extended(r->bits << (e >> 16 & 31), e >> 24);
  reader_drop(r, e);
  return 1;
}

/// Bytes of the clean scan that are used, the one at hand included.
ALWAYS_INLINE size_t bytes_used(const reader *r, const clean_scan *c) {
  return ((size_t)(r->next - c->bytes) * 8 - r->count + 7) / 8;
}

typedef struct {
  const huffman_table *dc, *ac;
} block_plan;

/// One picture on its way. `plan` has one block more than an MCU: the next MCU's first.
typedef struct {
  reader reader;
  const uint8_t *limit;
  block_plan plan[MOST_BLOCKS + 1];
  int owner[MOST_BLOCKS];
  uint32_t blocks;
  /// Wraps around, as a hostile file's sum of a million differences may.
  uint32_t last_dc[MOST_COMPONENTS];
  const clean_scan *scan;
  size_t segment, until_restart, restart_interval;
} lane;

/// Every table of the scan must stand in `dc` and `ac`, at its number.
void tc_bl_start(lane *l, const picture *p, const clean_scan *scan, const huffman_table dc[4], const huffman_table ac[4]);
/// Whether no more was read than the segment at hand has: where decoding stops before its end.
verdict tc_bl_stop(const lane *l);
/// Whether the segment at hand is used up to its last byte: its last bits are the last byte's.
verdict tc_bl_end(const lane *l);

/// Decodes `mcus` MCUs into `blocks`, MCU after MCU, which must be zeroed and have one block more; `last` gets every
/// block's last coefficient that is not known to be 0.
verdict tc_bl_decode_mcus(lane *l, int16_t *blocks, uint8_t *last, size_t mcus);

// MARK: samples

/// The quantisers of two blocks side by side, row by row: natural order, each twice.
typedef struct { _Alignas(32) int16_t rows[8][16]; } quant_pair;

void tc_bl_quant_pair(quant_pair *q, const uint16_t *a, const uint16_t *b);
/// jidctint's inverse DCT of two blocks, to 8 × 8 samples each. Returns whether a first row has what no picture's has and
/// libjpeg-turbo's two ways do not agree on: with nothing below that row it wraps around in 16 bits, else it saturates.
int tc_bl_idct_pair(const int16_t *a, const int16_t *b, const quant_pair *q, uint8_t *to_a, uint8_t *to_b, size_t stride);
/// The same of a block whose AC coefficients are 0, to `size` × `size` samples, 8 or 4.
void tc_bl_idct_flat(int16_t coefficient, uint16_t quant, uint8_t *to, size_t stride, int size);

/// jidctred's inverse DCT of two blocks to 4 × 4 samples; returns what `tc_bl_idct_pair` returns.
int tc_bl_idct4_pair(
    const int16_t *a, const int16_t *b, const quant_pair *q, uint8_t *to_a, uint8_t *to_b, size_t stride);
/// To 2 × 2 samples: libjpeg-turbo has one way only, and this is its.
void tc_bl_idct2_pair(
    const int16_t *a, const int16_t *b, const quant_pair *q, uint8_t *to_a, uint8_t *to_b, size_t stride);
void tc_bl_idct2_flat(int16_t coefficient, uint16_t quant, uint8_t *to, size_t stride);
/// The one sample of a block at 1/8.
uint8_t tc_bl_idct1(int16_t coefficient, int16_t quant);

/// libjpeg's "fancy" enlargement of a chroma row: two samples out of one, 3/4 the nearer and 1/4 the farther. `row[-1]`
/// and `row[n]` must be there and repeat the outermost; up to 32 samples behind may be read, 64 written.
void tc_bl_widen_h2v1(const uint8_t *row, uint8_t *to, size_t n);
/// The same in both directions; `far` is the row above or below.
void tc_bl_widen_h2v2(const uint8_t *near, const uint8_t *far, uint8_t *to, size_t n);
/// Between two rows of chroma that has full width; `bias` is 1 where `far` is the row above, 2 where it is the one below.
void tc_bl_blend_h1v2(const uint8_t *near, const uint8_t *far, uint8_t *to, size_t n, int bias);
/// Every sample twice: what libjpeg does at 1/8, and with rows of less than three samples.
void tc_bl_repeat_h2v1(const uint8_t *row, uint8_t *to, size_t n);
/// Every sample four times. Up to 32 samples behind may be read, 64 written.
void tc_bl_repeat_h4v1(const uint8_t *row, uint8_t *to, size_t n);

/// Rows of Y, Cb and Cr to RGB. Reads up to 32 samples behind.
void tc_bl_ycc_to_rgb(const uint8_t *y, const uint8_t *cb, const uint8_t *cr, uint8_t *rgb, size_t n);

// MARK: a window

/// What `tc_jpeg_decode` is asked for.
typedef struct {
  const tc_jpeg_picture *picture;
  const tc_conversion *conversion;
  const tc_window *window;
  const tc_sink *sink;
  uint8_t *pixels;
  size_t stride;
} request;

/// Sample rows of a component. Row r of the MCU row at hand is `at + r * stride`.
typedef struct {
  uint8_t *at;
  size_t stride, width;
  int rows, height;
} plane;

/// How a row of chroma gets the luma's width: it has it, every sample twice or four times, or two smooth ones of each.
typedef enum { AS_IT_IS, TWICE, FOUR_TIMES, SMOOTH } widening;

/// Makes a window's pixels out of coefficients, a row of MCUs at a time.
typedef struct {
  const picture *p;
  const request *request;
  uint8_t *samples;
  plane plane[MOST_COMPONENTS];
  quant_pair luma, chroma;
  uint8_t *wide[2];
  widening widening;
  /// The MCUs across that the window and its neighbours lie in.
  int from, to;
  /// The luma alone is wanted.
  int is_gray;
  /// The chroma has half of the luma's height; its rows `wait` for their neighbours where they are smoothed, else they
  /// are there twice.
  int is_half_height, waits;
  uint8_t *line;  // a row before its conversion; NULL where none is needed
  int32_t placed, waiting;
  /// Coefficients that libjpeg must see to.
  int strange;
} painter;

/// UNUSUAL: a sampling that is left to libjpeg. `w` may be freed in any case, also one that is all zeros.
verdict tc_bl_paint_set_up(painter *w, const picture *p, const request *q);
void tc_bl_paint_free(painter *w);
/// The rows of MCUs that the window needs, its chroma's neighbours included.
void tc_bl_paint_needs(const painter *w, int *from, int *to);
/// Paints what of the window a row of MCUs makes complete. `blocks` and `last` as of `tc_bl_decode_mcus`. Rows must
/// come in order; with UNUSUAL libjpeg must decode all.
verdict tc_bl_paint_row(painter *w, int mcu_row, const int16_t *blocks, const uint8_t *last);

/// Decodes a window as `tc_jpeg_decode` does. FINE: all of it is there, as of a whole decode. Else nothing counts, also
/// not what went into the sink.
verdict tc_bl_decode(const uint8_t *bytes, size_t count, const request *q);

#endif
