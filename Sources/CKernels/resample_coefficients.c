// The weights of a separable filter: Pillow's positions, supports, normalisation and rounding.
#include "resample_internal.h"

#include <math.h>
#include <stdlib.h>

// A fused multiply-add here would change weights in the last bit, and now and then a pixel.
#pragma STDC FP_CONTRACT OFF

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

// Half away from zero, as Pillow.
static int32_t to_fixed(double w) {
  const double one = (double)(1 << TK_WEIGHT_BITS);
  return (int32_t)(w < 0 ? -0.5 + w * one : 0.5 + w * one);
}

int tk_axis_init(tk_axis *axis, int32_t filter, int32_t in, float box0, float box1, int32_t out, int fixed) {
  const filter_shape shape = shapes[filter];
  const double scale = (double)(box1 - box0) / out;
  const double filter_scale = scale < 1.0 ? 1.0 : scale;
  const double support = shape.support * filter_scale;
  const double reciprocal = 1.0 / filter_scale;
  const int32_t taps = (int32_t)ceil(support) * 2 + 1;
  *axis = (tk_axis){.in = in, .out = out, .taps = taps};
  axis->first = malloc(sizeof(int32_t) * (size_t)out);
  axis->count = malloc(sizeof(int32_t) * (size_t)out);
  axis->real = malloc(sizeof(double) * (size_t)(fixed ? 1 : out) * (size_t)taps);
  axis->weights = fixed ? malloc(sizeof(int32_t) * (size_t)out * (size_t)taps) : NULL;
  if (!axis->first || !axis->count || !axis->real || (fixed && !axis->weights)) {
    tk_axis_free(axis);
    return -1;
  }
  for (int32_t i = 0; i < out; i++) {
    const double center = box0 + (i + 0.5) * scale;
    int32_t first = (int32_t)(center - support + 0.5);
    int32_t end = (int32_t)(center + support + 0.5);
    if (first < 0) first = 0;
    if (end > in) end = in;
    const int32_t count = end - first;
    double *w = axis->real + (fixed ? 0 : (size_t)i * (size_t)taps);
    double sum = 0.0;
    for (int32_t j = 0; j < count; j++) {
      w[j] = shape.weight((j + first - center + 0.5) * reciprocal);
      sum += w[j];
    }
    for (int32_t j = 0; j < count; j++) {
      if (sum != 0.0) w[j] /= sum;
    }
    for (int32_t j = count; j < taps; j++) w[j] = 0.0;
    if (fixed) {
      for (int32_t j = 0; j < taps; j++) axis->weights[(size_t)i * (size_t)taps + (size_t)j] = to_fixed(w[j]);
    }
    axis->first[i] = first;
    axis->count[i] = count;
  }
  return 0;
}

int tk_axis_fits_halves(const tk_axis *axis) {
  const size_t n = (size_t)axis->out * (size_t)axis->taps;
  for (size_t i = 0; i < n; i++) {
    if (axis->weights[i] >= 1 << 26 || axis->weights[i] < -(1 << 26)) return 0;
  }
  return 1;
}

void tk_axis_free(tk_axis *axis) {
  free(axis->first);
  free(axis->count);
  free(axis->weights);
  free(axis->real);
  free(axis->packed);
  *axis = (tk_axis){0};
}
