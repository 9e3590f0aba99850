// The weights of a separable filter: Pillow's positions, supports, normalisation and rounding.
//
// Crops vary, so a picture pays for its tables: 8-bit ones are made for four outputs at a time, a lane each, in IEEE
// operations of the formula's order (the same doubles), the sines of LANCZOS and HAMMING by a polynomial whose rare
// doubtful roundings the formula settles. Exact tables, by the formula alone: the scalar loops and 16 bit.
#include "dispatch.h"
#include "resample_internal.h"

#include <math.h>

// A fused multiply-add here would change weights in the last bit, and now and then a pixel.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))

static double box_filter(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinear_filter(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// sin (x + quarter · π/2) for |x| ≤ 3π: reduction by π/2 in three parts, the remainder kept as r + rest, then the
// Taylor series on |r| ≤ π/4 with the leading term added last (error just above half a unit in the last place).
// Not libm's, whose last bit differs between machines; Pillow's weights are rounded to 2^-22, which hides both.
static double fixed_sine(double x, int quarter) {
  double n = x * 0.636619772367581343075535053490057448;
  n = (double)(long)(n < 0 ? n - 0.5 : n + 0.5);
  const double lead = x - n * 0x1.921fb54400000p0;
  const double tail = n * 0x1.0b4611a600000p-34 + n * 0x1.3198a2e037073p-69;
  const double r = lead - tail, rest = (lead - r) - tail, r2 = r * r;
  // s, c: the series after r − r³/6 and 1 − r²/2.
  double s = 0.0, c = 0.0;
  for (int k = 18; k >= 4; k -= 2) {
    s = (1.0 - s) * r2 / (double)(k * (k + 1));
    c = (1.0 - c) * r2 / (double)(k * (k - 1));
  }
  const double sine = r + (rest - r * r2 / 6.0 * (1.0 - s));
  const double half = r2 / 2.0, one_less = 1.0 - half;
  const double cosine = one_less + (((1.0 - one_less) - half) + (half * c - r * rest));
  switch (((long)n + quarter) & 3) {
  case 0: return sine;
  case 1: return cosine;
  case 2: return -sine;
  default: return -cosine;
  }
}

static double fixed_sin(double x) { return fixed_sine(x, 0); }
static double fixed_cos(double x) { return fixed_sine(x, 1); }

static double hamming_filter(double x) {
  x = fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= 3.14159265358979323846;
  return fixed_sin(x) / x * ((double)0.54f + (double)0.46f * fixed_cos(x));
}

// Keys' cubic with a = −0.5.
static double bicubic_filter(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= 3.14159265358979323846;
  return fixed_sin(x) / x;
}

static double lanczos_filter(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

// Costella's magic kernel with its first sharpening step (2013).
static double mks2013_filter(double x) {
  x = fabs(x);
  if (x < 0.5) return 17.0 / 16.0 - 7.0 / 4.0 * (x * x);
  if (x < 1.5) return (1.0 - x) * (7.0 / 4.0 - x);
  if (x < 2.5) return -1.0 / 8.0 * ((x - 2.5) * (x - 2.5));
  return 0.0;
}

// The same with the second one (2021).
static double mks2021_filter(double x) {
  x = fabs(x);
  if (x < 0.5) return 577.0 / 576.0 - 239.0 / 144.0 * (x * x);
  if (x < 1.5) return 35.0 / 36.0 * (x - 1.0) * (x - 239.0 / 140.0);
  if (x < 2.5) return 1.0 / 6.0 * (x - 2.0) * (65.0 / 24.0 - x);
  if (x < 3.5) return 1.0 / 36.0 * (x - 3.0) * (x - 3.75);
  if (x < 4.5) return -1.0 / 288.0 * ((x - 4.5) * (x - 4.5));
  return 0.0;
}

typedef struct {
  double (*weight)(double);
  double support;
} filter_shape;

static const filter_shape shapes[] = {
  [TK_FILTER_BOX] = {box_filter, 0.5},         [TK_FILTER_BILINEAR] = {bilinear_filter, 1.0},
  [TK_FILTER_HAMMING] = {hamming_filter, 1.0}, [TK_FILTER_BICUBIC] = {bicubic_filter, 2.0},
  [TK_FILTER_LANCZOS] = {lanczos_filter, 3.0}, [TK_FILTER_MKS2013] = {mks2013_filter, 2.5},
  [TK_FILTER_MKS2021] = {mks2021_filter, 4.5},
};

// What all outputs of an axis have in common.
typedef struct {
  double start, scale, support, reciprocal;
  // The first output that is made: index 0 of the tables.
  int32_t from;
} axis_geometry;

// Half away from zero, as Pillow.
static int32_t to_fixed(double w) {
  const double one = (double)(1 << TK_WEIGHT_BITS);
  return (int32_t)(w < 0 ? -0.5 + w * one : 0.5 + w * one);
}

static double center_of(const axis_geometry *g, int32_t i) { return g->start + (i + g->from + 0.5) * g->scale; }

// The real weights of output `i` by the formula.
static void exact_weights(const tk_axis *axis, const axis_geometry *g, double (*weight)(double), int32_t i, double *w) {
  const double center = center_of(g, i);
  const int32_t first = axis->first[i], count = axis->count[i];
  double sum = 0.0;
  for (int32_t j = 0; j < count; j++) {
    w[j] = weight((j + first - center + 0.5) * g->reciprocal);
    sum += w[j];
  }
  for (int32_t j = 0; j < count; j++) {
    if (sum != 0.0) w[j] /= sum;
  }
  for (int32_t j = count; j < axis->taps; j++) w[j] = 0.0;
}

static void exact_fixed(const tk_axis *axis, const axis_geometry *g, double (*weight)(double), int32_t i) {
  exact_weights(axis, g, weight, i, axis->real);
  int32_t *row = axis->weights + (size_t)i * (size_t)axis->taps;
  for (int32_t j = 0; j < axis->taps; j++) row[j] = to_fixed(axis->real[j]);
}

// MARK: four outputs at a time

// Four doubles, and what comparing them gives (all bits or none), whatever registers the machine has.
enum { LANES = 4 };
typedef double lanes __attribute__((vector_size(8 * LANES)));
typedef int64_t lane_mask __attribute__((vector_size(8 * LANES)));
typedef int32_t lane_integers __attribute__((vector_size(4 * LANES)));

// Rounding is in doubt this near to a tie, in units of 2^-22. The polynomials are within 1e-14 of the kernels and a
// sum of weights is at least ¼ (else the formula is asked anyway): 2^22 · 4 · 1e-14 · taps is far below 2^-16.
#define DOUBT 0x1p-16

// mask ? a : b. Macros, as vectors that a function takes by value have a calling convention for each machine.
#define SELECT(mask, a, b) ((lanes)(((mask) & (lane_mask)(a)) | (~(mask) & (lane_mask)(b))))
#define ZERO_UNLESS(mask, a) ((lanes)((mask) & (lane_mask)(a)))
#define ABS(a) ((lanes)((lane_mask)(a) & INT64_MAX))

// The kernels above, in place, by the same operations in the same order.
INLINE void lane_box(lanes *v) { *v = ZERO_UNLESS((*v > -0.5) & (*v <= 0.5), *v - *v + 1.0); }

INLINE void lane_bilinear(lanes *v) {
  const lanes x = ABS(*v);
  *v = ZERO_UNLESS(x < 1.0, 1.0 - x);
}

INLINE void lane_bicubic(lanes *v) {
  const double a = -0.5;
  const lanes x = ABS(*v);
  const lanes near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  const lanes far = (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  *v = ZERO_UNLESS(x < 2.0, SELECT(x < 1.0, near, far));
}

INLINE void lane_mks2013(lanes *v) {
  const lanes x = ABS(*v);
  const lanes near = 17.0 / 16.0 - 7.0 / 4.0 * (x * x);
  const lanes middle = (1.0 - x) * (7.0 / 4.0 - x);
  const lanes far = -1.0 / 8.0 * ((x - 2.5) * (x - 2.5));
  *v = ZERO_UNLESS(x < 2.5, SELECT(x < 0.5, near, SELECT(x < 1.5, middle, far)));
}

INLINE void lane_mks2021(lanes *v) {
  const lanes x = ABS(*v);
  const lanes a = 577.0 / 576.0 - 239.0 / 144.0 * (x * x);
  const lanes b = 35.0 / 36.0 * (x - 1.0) * (x - 239.0 / 140.0);
  const lanes c = 1.0 / 6.0 * (x - 2.0) * (65.0 / 24.0 - x);
  const lanes d = 1.0 / 36.0 * (x - 3.0) * (x - 3.75);
  const lanes e = -1.0 / 288.0 * ((x - 4.5) * (x - 4.5));
  const lanes outer = SELECT(x < 2.5, c, SELECT(x < 3.5, d, e));
  *v = ZERO_UNLESS(x < 4.5, SELECT(x < 0.5, a, SELECT(x < 1.5, b, outer)));
}

// c[count − 1] u^(count − 1) + … + c[0].
INLINE void lane_polynomial(lanes *u, const double *c, int count) {
  lanes sum = *u - *u + c[count - 1];
  for (int k = count - 2; k >= 0; k--) sum = sum * *u + c[k];
  *u = sum;
}

// Both kernels with sines are even and entire: polynomials in x², interpolated at Chebyshev's points with 60 digits.
// Within 9e-15.
INLINE void lane_lanczos(lanes *v) {
  static const double c[] = {
    0x1.478f906a94814p-6, 0x1.08e6651b37856p-3, -0x1.b8e5e0bfa64bap-2, 0x1.12bf4987d85e6p-2,
    0x1.55a9ed86e634bp-2, -0x1.47e784f3b3e96p-1, 0x1.f86a5d2df38dfp-2, -0x1.e343424b18fd7p-3,
    0x1.47f4c4c7d013ep-4, -0x1.50ba3dd0569a5p-6, 0x1.10a9d4402cd41p-8, -0x1.66a7797bc62adp-11,
    0x1.87c7b690a359ep-14, -0x1.699450a10cc1fp-17, 0x1.1e36116e01569p-20, -0x1.9186ce2dd68c5p-24,
    0x1.e10489f0d2643p-28};
  lanes u = (*v * *v - 4.5) * (1.0 / 4.5);
  lane_polynomial(&u, c, sizeof c / sizeof *c);
  *v = ZERO_UNLESS((*v >= -3.0) & (*v < 3.0), u);
}

// Within 1e-15. 0.54f + 0.46f is 1 + 3e-8, so that the kernel leaps at 0, where it is 1.
INLINE void lane_hamming(lanes *v) {
  static const double c[] = {
    0x1.7f7a3d01b2055p-4, -0x1.161b67c06529cp-2, 0x1.528f07d341968p-2, -0x1.b39296a96ec0bp-3,
    0x1.2d32fca52b1d4p-4, -0x1.fbfd2acc6b5cep-7, 0x1.2088bf7d5e993p-9, -0x1.d8e807dde980dp-13,
    0x1.2570553cabf86p-16, -0x1.1dbc6c445bbb7p-20, 0x1.c0bdc7d18d870p-25, -0x1.234a617b6b011p-29,
    0x1.3be155e2c6b56p-34};
  lanes u = (*v * *v - 0.5) * 2.0;
  lane_polynomial(&u, c, sizeof c / sizeof *c);
  *v = ZERO_UNLESS(ABS(*v) < 1.0, SELECT(*v == 0.0, *v + 1.0, u));
}

// The unnormalised weights w[j] of the outputs from `from` on, and their sum. Lanes beyond the last output repeat it.
INLINE void lane_weights(
  const tk_axis *axis, const axis_geometry *g, void (*weight)(lanes *), int32_t from, lanes *w, lanes *total) {
  lanes center, first, count, sum;
  for (int l = 0; l < LANES; l++) {
    const int32_t i = from + l < axis->out ? from + l : axis->out - 1;
    center[l] = center_of(g, i);
    first[l] = axis->first[i];
    count[l] = axis->count[i];
  }
  sum = center - center;
  double tap = 0.0;
  for (int32_t j = 0; j < axis->longest; j++, tap += 1.0) {
    lanes value = (tap + first - center + 0.5) * g->reciprocal;
    weight(&value);
    w[j] = ZERO_UNLESS(tap < count, value);
    // A sum is never −0, so that the zeros behind the last tap change nothing.
    sum += w[j];
  }
  *total = sum;
}

// Rounds the weights; returns a bit for each lane with a rounding in doubt.
INLINE uint32_t lane_rounding(const tk_axis *axis, int32_t from, const lanes *w, const lanes *total) {
  const double one = (double)(1 << TK_WEIGHT_BITS);
  const lanes sum = *total;
  const lanes divisor = SELECT(sum != 0.0, sum, sum + 1.0), half = sum - sum + 0.5;
  lane_mask doubt = sum < 0.25;
  const int count = axis->out - from < LANES ? axis->out - from : LANES;
  int32_t *row = axis->weights + (size_t)from * (size_t)axis->taps;
  for (int32_t j = 0; j < axis->longest; j++, row++) {
    const lanes scaled = w[j] / divisor * one;
    const lanes rounded = scaled + SELECT(scaled < 0.0, -half, half);
    const lane_integers fixed = __builtin_convertvector(rounded, lane_integers);
    const lanes rest = ABS(rounded - __builtin_convertvector(fixed, lanes));
    doubt |= (rest < DOUBT) | (rest > 1.0 - DOUBT);
    for (int l = 0; l < count; l++) row[(size_t)l * (size_t)axis->taps] = fixed[l];
  }
  for (int32_t j = axis->longest; j < axis->taps; j++, row++) {
    for (int l = 0; l < count; l++) row[(size_t)l * (size_t)axis->taps] = 0;
  }
  uint32_t bits = 0;
  for (int l = 0; l < count; l++) bits |= (uint32_t)(doubt[l] & 1) << l;
  return bits;
}

// `is_exact`: whether `lane` computes the doubles of `weight`.
INLINE void fill_fixed(
  const tk_axis *axis, const axis_geometry *g, void (*lane)(lanes *), double (*weight)(double), int is_exact) {
  lanes *w = (lanes *)(void *)axis->real, total;
  for (int32_t i = 0; i < axis->out; i += LANES) {
    lane_weights(axis, g, lane, i, w, &total);
    uint32_t doubts = lane_rounding(axis, i, w, &total);
    for (; !is_exact && doubts != 0; doubts &= doubts - 1) {
      exact_fixed(axis, g, weight, i + __builtin_ctz(doubts));
    }
  }
}

TK_CLONES(
  static, fill_lanes, (const tk_axis *axis, const axis_geometry *g, int32_t filter),
  (axis, g, filter)) {
  switch (filter) {
  case TK_FILTER_BOX: fill_fixed(axis, g, lane_box, box_filter, 1); break;
  case TK_FILTER_BILINEAR: fill_fixed(axis, g, lane_bilinear, bilinear_filter, 1); break;
  case TK_FILTER_HAMMING: fill_fixed(axis, g, lane_hamming, hamming_filter, 0); break;
  case TK_FILTER_BICUBIC: fill_fixed(axis, g, lane_bicubic, bicubic_filter, 1); break;
  case TK_FILTER_LANCZOS: fill_fixed(axis, g, lane_lanczos, lanczos_filter, 0); break;
  case TK_FILTER_MKS2013: fill_fixed(axis, g, lane_mks2013, mks2013_filter, 1); break;
  default: fill_fixed(axis, g, lane_mks2021, mks2021_filter, 1); break;
  }
}

// Where the taps of each output lie, and the largest count.
TK_CLONES(
  static, fill_positions, (const tk_axis *axis, const axis_geometry *g, int32_t *largest), (axis, g, largest)) {
  int32_t longest = 1;
  for (int32_t i = 0; i < axis->out; i++) {
    const double center = center_of(g, i);
    int32_t first = (int32_t)(center - g->support + 0.5);
    int32_t end = (int32_t)(center + g->support + 0.5);
    first = first < 0 ? 0 : first;
    end = end > axis->in ? axis->in : end;
    axis->first[i] = first;
    axis->count[i] = end - first;
    longest = end - first > longest ? end - first : longest;
  }
  *largest = longest;
}

// One allocation for the tables of an axis, whose rows have at most `taps` weights.
static int allocate(tk_axis *axis, size_t taps, int fixed) {
  const size_t out = (size_t)axis->out;
  const size_t reals = fixed ? LANES * taps : out * taps;
  const size_t integers = 2 * out + (fixed ? out * taps : 0);
  const size_t bytes = reals * sizeof(double) + integers * sizeof(int32_t);
  axis->real = tk_scratch_take(bytes);
  if (!axis->real) return -1;
  axis->first = (int32_t *)(void *)(axis->real + reals);
  axis->count = axis->first + out;
  axis->weights = fixed ? axis->count + out : NULL;
  return 0;
}

int tk_axis_init(tk_axis *axis, const tk_axis_request *r, int fixed, int by_formula) {
  const filter_shape shape = shapes[r->filter];
  const double scale = (double)(r->box1 - r->box0) / r->out;
  const double filter_scale = scale < 1.0 ? 1.0 : scale;
  const axis_geometry g = {r->box0, scale, shape.support * filter_scale, 1.0 / filter_scale, r->from};
  *axis = (tk_axis){.in = r->in, .out = r->to - r->from};
  // Rows of whole quads, so that loops may load four weights anywhere.
  if (allocate(axis, ((size_t)ceil(g.support) * 2 + 1 + 3) / 4 * 4, fixed) != 0) return -1;
  fill_positions(axis, &g, &axis->longest);
  axis->taps = (axis->longest + 3) / 4 * 4;
  if (fixed && !by_formula) {
    fill_lanes(axis, &g, r->filter);
  } else {
    for (int32_t i = 0; i < axis->out; i++) {
      if (fixed) {
        exact_fixed(axis, &g, shape.weight, i);
      } else {
        exact_weights(axis, &g, shape.weight, i, axis->real + (size_t)i * (size_t)axis->taps);
      }
    }
  }
  return 0;
}

static void swap(int32_t *a, int32_t *b) {
  const int32_t other = *a;
  *a = *b;
  *b = other;
}

static void reverse(int32_t *weights, int32_t count) {
  for (int32_t j = 0; j < count / 2; j++) swap(weights + j, weights + count - 1 - j);
}

void tk_axis_mirror(tk_axis *axis) {
  for (int32_t i = 0, k = axis->out - 1; i <= k; i++, k--) {
    int32_t *a = axis->weights + (size_t)i * (size_t)axis->taps, *b = axis->weights + (size_t)k * (size_t)axis->taps;
    reverse(a, axis->count[i]);
    if (i < k) {
      reverse(b, axis->count[k]);
      for (int32_t j = 0; j < axis->taps; j++) swap(a + j, b + j);
      swap(axis->first + i, axis->first + k);
      swap(axis->count + i, axis->count + k);
      axis->first[k] = axis->in - axis->first[k] - axis->count[k];
    }
    axis->first[i] = axis->in - axis->first[i] - axis->count[i];
  }
}

int tk_axis_fits(const tk_axis *axis, int32_t bias, int bits) {
  const size_t n = (size_t)axis->out * (size_t)axis->taps;
  uint32_t all = 0;
  for (size_t i = 0; i < n; i++) all |= (uint32_t)axis->weights[i] + (uint32_t)bias;
  return all < 1u << bits;
}

void tk_axis_free(tk_axis *axis) {
  tk_scratch_give(axis->real);
  tk_scratch_give(axis->packed);
  *axis = (tk_axis){0};
}
