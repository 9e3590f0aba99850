// What the files of the resampler share: the table of one axis and the set of loops.
#ifndef TESSERA_RESAMPLE_INTERNAL_H
#define TESSERA_RESAMPLE_INTERNAL_H

#include "include/resample.h"

// 22 fractional bits = 32 − 8 (sample) − 2 (sign, overshoot), as Pillow.
#define TK_WEIGHT_BITS 22
// Loops on 16-bit multipliers split a weight k = (k >> 11)·2^11 + (k & 2047): Σk·p from two 16-bit sums, exactly.
#define TK_LOW_BITS 11

// The weights of one axis: output i is Σ_j weight[i·taps + j] · source[first[i] + j], j < count[i].
typedef struct {
  int32_t in, out;
  // Row length of the tables: the largest count possible.
  int32_t taps;
  int32_t *first;
  int32_t *count;
  // 8 bit: fixed point. Zero from count[i] on.
  int32_t *weights;
  // 16 bit: as computed.
  double *real;
  // Tables that a set of loops derives from the above; NULL if it needs none.
  void *packed;
  // Rows of `packed`: see the loops that made it.
  int32_t packed_blocks;
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
  // `axis->in` rows to `axis->out` rows, `row_bytes` samples each.
  void (*vertical)(
    const tk_axis *axis, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
    ptrdiff_t target_stride, int32_t row_bytes);
} tk_loops;

extern const tk_loops tk_loops_scalar;
extern const tk_loops tk_loops_portable;
// The fastest loops of this machine.
const tk_loops *tk_loops_best(void);
#if defined(__x86_64__)
extern const tk_loops tk_loops_avx2;
#endif

// 16-bit loops, scalar only. `clip_bytes`: see the request.
void tk_horizontal_u16(
  const tk_axis *axis, int clip_bytes, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t rows);
void tk_vertical_u16(
  const tk_axis *axis, int clip_bytes, const uint8_t *source, ptrdiff_t source_stride, uint8_t *target,
  ptrdiff_t target_stride, int32_t width);

// Fills the tables of an axis. `fixed`: 8-bit weights, else real ones. 0, or −1 when out of memory.
int tk_axis_init(tk_axis *axis, int32_t filter, int32_t in, float box0, float box1, int32_t out, int fixed);
void tk_axis_free(tk_axis *axis);
// Whether both halves of every weight fit 16 bits: |k| < 2^26, a weight of 16.
int tk_axis_fits_halves(const tk_axis *axis);

static inline uint8_t tk_clip8(int32_t value) { return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value; }

#endif
