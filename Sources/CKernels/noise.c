#include "CKernels.h"
#include "dispatch.h"

#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// Elements are made in runs of this many, so that every inner loop has the same, vectorisable length.
enum { BLOCKS = 64, RUN = 4 * BLOCKS };

// MARK: Philox 4×32-10 (Salmon et al., SC 2011), BLOCKS consecutive counters at once

TK_CLONES(
  static, philox, (tk_noise_key key, uint64_t block, uint32_t words[4][BLOCKS]),
  (key, block, words)) {
  uint32_t c0[BLOCKS], c1[BLOCKS], c2[BLOCKS], c3[BLOCKS];
  for (int i = 0; i < BLOCKS; i++) {
    uint64_t number = block + (uint64_t)i;
    c0[i] = (uint32_t)number;
    c1[i] = key.operation + (uint32_t)(number >> 32);
    c2[i] = key.high[0];
    c3[i] = key.high[1];
  }
  uint32_t k0 = key.key[0], k1 = key.key[1];
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < BLOCKS; i++) {
      uint64_t a = (uint64_t)c0[i] * 0xD2511F53u, b = (uint64_t)c2[i] * 0xCD9E8D57u;
      c0[i] = (uint32_t)(b >> 32) ^ c1[i] ^ k0;
      c1[i] = (uint32_t)b;
      c2[i] = (uint32_t)(a >> 32) ^ c3[i] ^ k1;
      c3[i] = (uint32_t)a;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  memcpy(words[0], c0, sizeof c0);
  memcpy(words[1], c1, sizeof c1);
  memcpy(words[2], c2, sizeof c2);
  memcpy(words[3], c3, sizeof c3);
}

void tk_noise_words(tk_noise_key key, uint64_t first, ptrdiff_t count, uint32_t *dst) {
  uint32_t words[4][BLOCKS];
  for (ptrdiff_t done = 0; done < count;) {
    uint64_t element = first + (uint64_t)done;
    philox(key, element / 4, words);
    for (int at = (int)(element % 4); at < RUN && done < count; at++) dst[done++] = words[at % 4][at / 4];
  }
}

// MARK: normal deviates

static inline __attribute__((always_inline)) double from_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline __attribute__((always_inline)) uint64_t to_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// log x for a normal x > 0: x = 2^k · m with √½ < m ≤ √2, then 2 atanh((m − 1) / (m + 1)) by its series to the
// 15th power (the first term left out is below 2^-44 of the result, beyond what a float of noise can show).
static inline __attribute__((always_inline)) double log_positive(double x) {
  uint64_t bits = to_bits(x);
  uint64_t fraction = bits & 0xFFFFFFFFFFFFFull;
  // Significands over √2 are halved; √2's fraction is 0x6A09E667F3BCD.
  uint64_t over = fraction > 0x6A09E667F3BCDull ? 1 : 0;
  double k = from_bits(0x4330000000000000ull | ((bits >> 52) + over)) - (4503599627370496.0 + 1023.0);
  double m = from_bits(((1023 - over) << 52) | fraction);
  double s = (m - 1.0) / (m + 1.0);
  double s2 = s * s;
  double sum = 1.0 / 15;
  sum = sum * s2 + 1.0 / 13;
  sum = sum * s2 + 1.0 / 11;
  sum = sum * s2 + 1.0 / 9;
  sum = sum * s2 + 1.0 / 7;
  sum = sum * s2 + 1.0 / 5;
  sum = sum * s2 + 1.0 / 3;
  return k * 0x1.62e42fefa39efp-1 + (2.0 * s + 2.0 * s * s2 * sum);
}

// Cosine and sine of `quarters` quarter turns, 0 ≤ quarters < 4: Taylor series on ±1/2 quarter turn.
static inline __attribute__((always_inline)) void cos_sin(double quarters, double *cosine, double *sine) {
  int32_t sector = (int32_t)(quarters + 0.5);
  double r = (quarters - (double)sector) * 0x1.921fb54442d18p0;
  double r2 = r * r;
  double s = -1.0 / 1307674368000;
  s = s * r2 + 1.0 / 6227020800;
  s = s * r2 - 1.0 / 39916800;
  s = s * r2 + 1.0 / 362880;
  s = s * r2 - 1.0 / 5040;
  s = s * r2 + 1.0 / 120;
  s = s * r2 - 1.0 / 6;
  s = r + r * r2 * s;
  double c = 1.0 / 20922789888000;
  c = c * r2 - 1.0 / 87178291200;
  c = c * r2 + 1.0 / 479001600;
  c = c * r2 - 1.0 / 3628800;
  c = c * r2 + 1.0 / 40320;
  c = c * r2 - 1.0 / 720;
  c = c * r2 + 1.0 / 24;
  c = c * r2 - 1.0 / 2;
  c = 1.0 + r2 * c;
  double x = sector & 1 ? s : c, y = sector & 1 ? c : s;
  *cosine = (sector + 1) & 2 ? -x : x;
  *sine = sector & 2 ? -y : y;
}

// The square root without errno, which would keep the loop from being vectorised.
#if defined(__has_builtin)
#if __has_builtin(__builtin_elementwise_sqrt)
#define TK_SQRT(x) __builtin_elementwise_sqrt(x)
#endif
#endif
#ifndef TK_SQRT
#define TK_SQRT(x) sqrt(x)
#endif

// Box–Muller: radius from one word (never 0), angle from the other.
TK_CLONES(
  static, box_muller,
  (const uint32_t *restrict radius_words, const uint32_t *restrict angle_words, double *restrict cosines,
   double *restrict sines),
  (radius_words, angle_words, cosines, sines)) {
  for (int i = 0; i < BLOCKS; i++) {
    double u = ((double)radius_words[i] + 1.0) * 0x1p-32;
    double radius = TK_SQRT(-2.0 * log_positive(u));
    double c, s;
    cos_sin((double)angle_words[i] * 0x1p-30, &c, &s);
    cosines[i] = radius * c;
    sines[i] = radius * s;
  }
}

void tk_noise_normal(tk_noise_key key, uint64_t first, ptrdiff_t count, double *dst) {
  uint32_t words[4][BLOCKS];
  double normals[4][BLOCKS];
  for (ptrdiff_t done = 0; done < count; done += RUN) {
    philox(key, (first + (uint64_t)done) / 4, words);
    box_muller(words[0], words[1], normals[0], normals[1]);
    box_muller(words[2], words[3], normals[2], normals[3]);
    ptrdiff_t left = count - done < RUN ? count - done : RUN;
    for (ptrdiff_t i = 0; i < left; i++) dst[done + i] = normals[i % 4][i / 4];
  }
}

// MARK: Poisson deviates

// e^x for −708 ≤ x ≤ 0: x = n ln 2 + r, Taylor series of degree 13 on |r| ≤ ln 2 / 2.
static double exp_negative(double x) {
  if (x < -708.0) return 0.0;
  double n = (double)(int32_t)(x * 0x1.71547652b82fep0 - 0.5);
  double r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33;
  double sum = 1.0;
  for (int k = 13; k >= 1; k--) sum = 1.0 + r * sum / (double)k;
  return sum * from_bits((uint64_t)(1023 + (int64_t)n) << 52);
}

// log x, to double precision: the series of `log_positive` carried to the 23rd power.
static double log_precise(double x) {
  uint64_t bits = to_bits(x);
  uint64_t fraction = bits & 0xFFFFFFFFFFFFFull;
  uint64_t over = fraction > 0x6A09E667F3BCDull ? 1 : 0;
  double k = (double)((int64_t)(bits >> 52) + (int64_t)over - 1023);
  double m = from_bits(((1023 - over) << 52) | fraction);
  double s = (m - 1.0) / (m + 1.0);
  double s2 = s * s;
  double sum = 1.0 / 23;
  for (int d = 21; d >= 3; d -= 2) sum = sum * s2 + 1.0 / (double)d;
  return k * 0x1.62e42fee00000p-1 + (2.0 * s + (2.0 * s * s2 * sum + k * 0x1.a39ef35793c76p-33));
}

// What Stirling's formula for log n! leaves out, n ≥ 1: a table (log n! − (n + ½) log n + n − ½ log 2π), then the
// asymptotic series (error below 2^-53 for n > 15). Loader, "Fast and accurate computation of binomial
// probabilities" (2000).
static double stirling_rest(double n) {
  static const double table[16] = {
      0.0,
      0x1.4c071bcda0a5bp-4, 0x1.52a9b923ea649p-5, 0x1.c579a268d80b3p-6, 0x1.54a2662fd78a9p-6, 0x1.10b4e513fcbedp-6,
      0x1.c6b167bebdf36p-7, 0x1.85d4d612e4a86p-7, 0x1.552805e7b3076p-7, 0x1.2f4871b12ab64p-7, 0x1.10f9d4c0743a7p-7,
      0x1.f0593088014f8p-8, 0x1.c7018733aa9c6p-8, 0x1.a40514700f36cp-8, 0x1.86076c002d4a7p-8, 0x1.6c08f6f194a10p-8,
  };
  if (n < 16.0) return table[(int)n];
  double square = n * n;
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / n;
}

// The probability of the mode, floor(mean), for a mean ≥ 1 (Loader's saddle-point form).
static double mode_probability(double mean, double mode) {
  double exponent = (mode - mean) + mode * log_precise(mean / mode) - stirling_rest(mode);
  return exp_negative(exponent) / sqrt(0x1.921fb54442d18p2 * mode);
}

// Inversion from the mode: the levels mode, mode + 1, mode − 1, mode + 2 … own consecutive pieces of 0...1, each as
// long as its probability; the result is the level in whose piece `u` falls.
static double poisson(double mean, double mode, double at_mode, double u) {
  double up = at_mode, down = at_mode, above = mode, below = mode;
  u -= at_mode;
  while (u >= 0.0) {
    above += 1.0;
    up = up * mean / above;
    u -= up;
    if (u < 0.0) return above;
    if (below > 0.0) {
      down = down * below / mean;
      below -= 1.0;
      u -= down;
      if (u < 0.0) return below;
    } else if (up < 0x1p-60) {
      return above;  // what rounding left of the last piece
    }
    if (up < 0x1p-60 && down < 0x1p-60) return above;
  }
  return mode;
}

// What depends on the mean alone.
typedef struct {
  double mean, mode, at_mode;
} poisson_mean;

static poisson_mean poisson_of(double mean) {
  double mode = floor(mean);
  return (poisson_mean){mean, mode, mode < 1.0 ? exp_negative(-mean) : mode_probability(mean, mode)};
}

static inline double unit_of(uint32_t words[4][BLOCKS], ptrdiff_t i) {
  uint64_t bits = words[i % 2 * 2][i / 2] | (uint64_t)words[i % 2 * 2 + 1][i / 2] << 32;
  return (double)(bits >> 11) * 0x1p-53;
}

void tk_noise_poisson(tk_noise_key key, uint64_t first, const double *means, ptrdiff_t count, double *dst) {
  uint32_t words[4][BLOCKS];
  for (ptrdiff_t done = 0; done < count; done += 2 * BLOCKS) {
    philox(key, (first + (uint64_t)done) / 2, words);
    ptrdiff_t left = count - done < 2 * BLOCKS ? count - done : 2 * BLOCKS;
    for (ptrdiff_t i = 0; i < left; i++) {
      poisson_mean p = poisson_of(means[done + i]);
      dst[done + i] = poisson(p.mean, p.mode, p.at_mode, unit_of(words, i));
    }
  }
}

void tk_noise_poisson_levels(
    tk_noise_key key, uint64_t first, const uint8_t *levels, const double means[256], ptrdiff_t count,
    double *dst) {
  uint32_t words[4][BLOCKS];
  poisson_mean of_level[256];
  for (int v = 0; v < 256; v++) of_level[v] = poisson_of(means[v]);
  for (ptrdiff_t done = 0; done < count; done += 2 * BLOCKS) {
    philox(key, (first + (uint64_t)done) / 2, words);
    ptrdiff_t left = count - done < 2 * BLOCKS ? count - done : 2 * BLOCKS;
    for (ptrdiff_t i = 0; i < left; i++) {
      poisson_mean p = of_level[levels[done + i]];
      dst[done + i] = poisson(p.mean, p.mode, p.at_mode, unit_of(words, i));
    }
  }
}
