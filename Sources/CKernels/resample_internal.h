// What the files of the resampler share: the table of one axis and the set of loops.
#ifndef TESSERA_RESAMPLE_INTERNAL_H
#define TESSERA_RESAMPLE_INTERNAL_H

#include "include/resample.h"
#include "include/scratch.h"

// 22 fractional bits = 32 − 8 (sample) − 2 (sign, overshoot), as Pillow.
#define TK_WEIGHT_BITS 22
// Loops on 16-bit multipliers split a weight k = (k >> 11)·2^11 + (k & 2047): Σk·p from two 16-bit sums, exactly.
#define TK_LOW_BITS 11

// The weights of one axis: output i is Σ_j weight[i·taps + j] · source[first[i] + j], j < count[i]; neither `first`
// nor `first + count` ever falls.
typedef struct {
  int32_t in, out;
  // The largest count, and the row length of the tables: as many whole quads.
  int32_t longest, taps;
  int32_t *first;
  int32_t *count;
  // 8 bit: fixed point. Zero from count[i] on.
  int32_t *weights;
  // 16 bit: as computed. The one allocation of these tables.
  double *real;
  // Tables that a set of loops derives from the above; NULL if it needs none.
  void *packed;
} tk_axis;

// Loops over one axis; strides in bytes, 8-bit samples.
typedef struct {
  // Prepares `packed`. 0: ready; 1: these loops cannot take this axis, use the scalar ones; −1: out of memory.
  int (*prepare_horizontal)(tk_axis *axis, int32_t channels);
  int (*prepare_vertical)(tk_axis *axis);
  // Rows of `axis->in` pixels to rows of `axis->out` pixels.
  void (*horizontal)(
    const tk_axis *axis, int32_t channels, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
    ptrdiff_t target_stride, int32_t rows);
  // The output rows `from` to `to` (left out), `row_bytes` samples each. `source` is row `origin` of the axis: only
  // the rows of these outputs' supports need exist.
  void (*vertical)(
    const tk_axis *axis, int32_t from, int32_t to, const uint8_t *source, int32_t origin, ptrdiff_t source_stride,
    uint8_t *target, ptrdiff_t target_stride, int32_t row_bytes);
} tk_loops;

extern const tk_loops tk_loops_scalar;
extern const tk_loops tk_loops_portable;
#if defined(__x86_64__)
extern const tk_loops tk_loops_avx2;
extern const tk_loops tk_loops_avx512;
#elif defined(__aarch64__)
extern const tk_loops tk_loops_neon;
#endif

struct tk_resample_plan {
  tk_resample_request request;
  // Whether a pass does anything: it is left out where neither size nor box changes its axis.
  int has_horizontal, has_vertical;
  tk_axis horizontal, vertical;
  const tk_loops *horizontal_loops, *vertical_loops;
  // Source pixels that are read: x0, y0, x1, y1.
  int32_t window[4];
  // What is made of the resized picture: the request's kept part.
  int32_t out_width, out_height;
};

// A resize under way: see resample_stream.c.
struct tk_resample_stream {
  const tk_resample_plan *plan;
  uint8_t *target;
  ptrdiff_t target_stride;
  // Rows of the window that were pushed; the output row to come.
  int32_t taken, next;
  // The rows `kept_first` … of the vertical axis that outputs to come need, in room for `kept_room` rows.
  uint8_t *kept;
  ptrdiff_t kept_stride;
  int32_t kept_room, kept_first, kept_count;
  // Between the passes, vertical first: a few rows.
  uint8_t *middle;
  ptrdiff_t middle_stride;
};

// `is_streamed`: whether the rows may come in more than one push.
size_t tk_stream_layout(const tk_resample_plan *plan, int is_streamed, struct tk_resample_stream *stream);

// 16-bit loops, scalar only. `clip_bytes`: see the request.
void tk_horizontal_u16(
  const tk_axis *axis, int clip_bytes, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows);
void tk_vertical_u16(
  const tk_axis *axis, int clip_bytes, int32_t from, int32_t to, const uint8_t *source, int32_t origin,
  ptrdiff_t source_stride, uint8_t *target, ptrdiff_t target_stride, int32_t width);

// What one axis of a resize is to do: `out` pixels of a box of `in`, of which those from `from` to `to` are made.
typedef struct {
  int32_t filter, in, out, from, to;
  float box0, box1;
} tk_axis_request;

// Fills the tables of an axis. `fixed`: 8-bit weights, else real ones; `by_formula`: 8-bit ones by the specification.
// 0, or −1 when out of memory.
int tk_axis_init(tk_axis *axis, const tk_axis_request *request, int fixed, int by_formula);
void tk_axis_free(tk_axis *axis);
// Turns fixed-point tables round: output and source count from the other end.
void tk_axis_mirror(tk_axis *axis);
// Whether all weights k have −bias ≤ k and k + bias < 2^bits.
int tk_axis_fits(const tk_axis *axis, int32_t bias, int bits);
// Whether both halves of every weight fit 16 bits: |k| < 2^26, a weight of 16.
static inline int tk_axis_fits_halves(const tk_axis *axis) { return tk_axis_fits(axis, 1 << 26, 27); }

// Of loops that need no tables but the weights.
static inline int tk_no_horizontal_tables(tk_axis *axis, int32_t channels) {
  (void)axis;
  (void)channels;
  return 0;
}
static inline int tk_no_vertical_tables(tk_axis *axis) {
  (void)axis;
  return 0;
}

static inline uint8_t tk_clip8(int32_t value) { return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value; }

// How many rows behind its own the output after `y` needs, if reading ahead is worth it: source rows of a large picture
// come from memory (2000 × 3000 → 2000 × 2000, bilinear: 0.8 ms with it, 1.8 ms without). 32 rows stay in L2.
static inline int32_t tk_rows_ahead(const tk_axis *axis, int32_t y, int32_t to, int32_t row_bytes) {
  if (y + 1 >= to || row_bytes < 2048) return 0;
  const int32_t rows = axis->first[y + 1] + axis->count[y + 1] - axis->first[y] - axis->count[y];
  return rows < 32 ? rows : 32;
}

// The outputs `from` to `to` of one row by the formula: where whole registers would pass the row's end.
static inline void tk_horizontal_edge(
  const tk_axis *axis, int32_t channels, const uint8_t *source, uint8_t *target, int32_t from, int32_t to) {
  for (int32_t x = from; x < to; x++) {
    const int32_t *w = axis->weights + (size_t)x * (size_t)axis->taps;
    const uint8_t *pixel = source + (ptrdiff_t)axis->first[x] * channels;
    for (int32_t c = 0; c < channels; c++) {
      uint32_t sum = 1u << (TK_WEIGHT_BITS - 1);
      for (int32_t j = 0; j < axis->count[x]; j++) sum += (uint32_t)w[j] * pixel[j * channels + c];
      target[x * channels + c] = tk_clip8((int32_t)sum >> TK_WEIGHT_BITS);
    }
  }
}

#endif
