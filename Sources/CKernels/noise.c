#include "CKernels.h"
#include "dispatch.h"

#include <math.h>
#include <stdbool.h>
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
static inline __attribute__((always_inline)) double exp_negative(double x) {
  int32_t n = (int32_t)(x * 0x1.71547652b82fep0 - 0.5);
  double r = (x - (double)n * 0x1.62e42fee00000p-1) - (double)n * 0x1.a39ef35793c76p-33;
  double sum = 1.0 + r * (1.0 / 13);
  sum = 1.0 + r * sum * (1.0 / 12);
  sum = 1.0 + r * sum * (1.0 / 11);
  sum = 1.0 + r * sum * (1.0 / 10);
  sum = 1.0 + r * sum * (1.0 / 9);
  sum = 1.0 + r * sum * (1.0 / 8);
  sum = 1.0 + r * sum * (1.0 / 7);
  sum = 1.0 + r * sum * (1.0 / 6);
  sum = 1.0 + r * sum * (1.0 / 5);
  sum = 1.0 + r * sum * (1.0 / 4);
  sum = 1.0 + r * sum * (1.0 / 3);
  sum = 1.0 + r * sum * (1.0 / 2);
  sum = 1.0 + r * sum;
  return sum * from_bits((uint64_t)(int64_t)(1023 + n) << 52);
}

// log x for 1 ≤ x < 2, to double precision: 2 atanh((m − 1) / (m + 1)) by its series to the 23rd power.
static inline __attribute__((always_inline)) double log_precise(double x) {
  double over = x > 0x1.6a09e667f3bcdp0 ? 1.0 : 0.0;
  double m = over > 0.0 ? 0.5 * x : x;
  double s = (m - 1.0) / (m + 1.0);
  double s2 = s * s;
  double sum = 1.0 / 23;
  sum = sum * s2 + 1.0 / 21;
  sum = sum * s2 + 1.0 / 19;
  sum = sum * s2 + 1.0 / 17;
  sum = sum * s2 + 1.0 / 15;
  sum = sum * s2 + 1.0 / 13;
  sum = sum * s2 + 1.0 / 11;
  sum = sum * s2 + 1.0 / 9;
  sum = sum * s2 + 1.0 / 7;
  sum = sum * s2 + 1.0 / 5;
  sum = sum * s2 + 1.0 / 3;
  return over * 0x1.62e42fee00000p-1 + (2.0 * s + (2.0 * s * s2 * sum + over * 0x1.a39ef35793c76p-33));
}

// What Stirling's formula for log n! leaves out, n ≥ 1: a table (log n! − (n + ½) log n + n − ½ log 2π), then the
// asymptotic series (error below 2^-53 for n > 15). Loader, "Fast and accurate computation of binomial
// probabilities" (2000).
static const double stirling_table[16] = {
    0.0,
    0x1.4c071bcda0a5bp-4, 0x1.52a9b923ea649p-5, 0x1.c579a268d80b3p-6, 0x1.54a2662fd78a9p-6, 0x1.10b4e513fcbedp-6,
    0x1.c6b167bebdf36p-7, 0x1.85d4d612e4a86p-7, 0x1.552805e7b3076p-7, 0x1.2f4871b12ab64p-7, 0x1.10f9d4c0743a7p-7,
    0x1.f0593088014f8p-8, 0x1.c7018733aa9c6p-8, 0x1.a40514700f36cp-8, 0x1.86076c002d4a7p-8, 0x1.6c08f6f194a10p-8,
};

// Where an inversion begins: the mode, floor(mean), and its probability (Loader's saddle-point form).
TK_CLONES(
  static, poisson_modes, (const double *restrict means, double *restrict modes, double *restrict at_modes),
  (means, modes, at_modes)) {
  double small[BLOCKS];
  for (int i = 0; i < BLOCKS; i++) small[i] = stirling_table[means[i] < 16.0 ? (int32_t)means[i] : 0];
  for (int i = 0; i < BLOCKS; i++) {
    double mean = means[i];
    double mode = (double)(int32_t)mean;
    double n = mode < 1.0 ? 1.0 : mode;
    double inverse = 1.0 / n, square = inverse * inverse;
    double series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680))));
    double rest = mode < 16.0 ? small[i] : series;
    double exponent = (mode - mean) + mode * log_precise(mode < 1.0 ? 1.0 : mean / n) - rest;
    double root = mode < 1.0 ? 1.0 : TK_SQRT(0x1.921fb54442d18p2 * n);
    modes[i] = mode;
    at_modes[i] = exp_negative(exponent) / root;
  }
}

// Inversion from the mode: the levels mode, mode + 1, mode − 1, mode + 2 … own consecutive pieces of 0...1, each as
// long as its probability; a deviate is the level in whose piece a uniform number falls.
typedef struct {
  double mean, above, below;
  // Probabilities of `above` and `below`, and of all levels so far.
  double up, down, sum;
} poisson_walk;

static inline __attribute__((always_inline)) poisson_walk walk_from(double mean, double mode, double at_mode) {
  return (poisson_walk){mean, mode, mode, at_mode, at_mode, at_mode};
}

static inline __attribute__((always_inline)) void walk_up(poisson_walk *walk) {
  walk->above += 1.0;
  walk->up = walk->up * walk->mean / walk->above;
  walk->sum += walk->up;
}

// Below 0 there is nothing: the piece is empty.
static inline __attribute__((always_inline)) void walk_down(poisson_walk *walk) {
  walk->down = walk->down * walk->below / walk->mean;
  walk->below = walk->below > 1.0 ? walk->below - 1.0 : 0.0;
  walk->sum += walk->down;
}

// Whether rounding is all that is left of the last piece.
static inline __attribute__((always_inline)) bool walk_is_over(const poisson_walk *walk) {
  return walk->up < 0x1p-60 && walk->down < 0x1p-60;
}

static double poisson(double mean, double mode, double at_mode, double u) {
  poisson_walk walk = walk_from(mean, mode, at_mode);
  if (u < walk.sum) return mode;
  do {
    walk_up(&walk);
    if (u < walk.sum) return walk.above;
    walk_down(&walk);
    if (u < walk.sum) return walk.below;
  } while (!walk_is_over(&walk));
  return walk.above;
}

// The same for LANES numbers side by side, until the last has found its level.
enum { LANES = 8 };
typedef double real_lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t mask_lanes __attribute__((vector_size(LANES * sizeof(int64_t))));

// A macro, because vectors of this width have no calling convention without AVX-512.
#define CHOSEN(mask, yes, no) ((real_lanes)(((mask_lanes)(yes) & (mask)) | ((mask_lanes)(no) & ~(mask))))

TK_CLONES(
  static, poisson_lanes,
  (const double *restrict means, const double *restrict modes, const double *restrict at_modes,
   const double *restrict units, double *restrict dst),
  (means, modes, at_modes, units, dst)) {
  for (int first = 0; first < BLOCKS; first += LANES) {
    real_lanes mean, above, up, u;
    memcpy(&mean, means + first, sizeof mean);
    memcpy(&above, modes + first, sizeof above);
    memcpy(&up, at_modes + first, sizeof up);
    memcpy(&u, units + first, sizeof u);
    real_lanes below = above, down = up, sum = up, found = above, none = {0};
    mask_lanes open = u >= sum;
    while (open[0] | open[1] | open[2] | open[3] | open[4] | open[5] | open[6] | open[7]) {
      above += 1.0;
      up = up * mean / above;
      sum += up;
      found = CHOSEN(open, above, found);
      open &= u >= sum;
      // Below 0 there is nothing: the piece is empty.
      down = down * below / mean;
      below = CHOSEN(below > 1.0, below - 1.0, none);
      sum += down;
      found = CHOSEN(open & (u < sum), below, found);
      open &= (u >= sum) & ((up >= 0x1p-60) | (down >= 0x1p-60));
    }
    memcpy(dst + first, &found, sizeof found);
  }
}

// Numbers 0 ≤ u < 1 of 53 bits, two a block: the even elements' in units[0], the odd ones' in units[1].
TK_CLONES(
  static, units_of, (uint32_t words[4][BLOCKS], double units[2][BLOCKS]), (words, units)) {
  for (int half = 0; half < 2; half++) {
    const uint32_t *low = words[2 * half], *high = words[2 * half + 1];
    for (int i = 0; i < BLOCKS; i++) {
      units[half][i] = (double)high[i] * 0x1p-32 + (double)(low[i] >> 11) * 0x1p-53;
    }
  }
}

void tk_noise_poisson(tk_noise_key key, uint64_t first, const double *means, ptrdiff_t count, double *dst) {
  uint32_t words[4][BLOCKS];
  double units[2][BLOCKS], mean[BLOCKS] = {0}, modes[BLOCKS], at_modes[BLOCKS], found[BLOCKS];
  for (ptrdiff_t done = 0; done < count; done += 2 * BLOCKS) {
    philox(key, (first + (uint64_t)done) / 2, words);
    units_of(words, units);
    for (ptrdiff_t half = 0; half < 2; half++) {
      ptrdiff_t left = (count - done - half + 1) / 2;
      if (left > BLOCKS) left = BLOCKS;
      for (ptrdiff_t i = 0; i < left; i++) mean[i] = means[done + 2 * i + half];
      poisson_modes(mean, modes, at_modes);
      poisson_lanes(mean, modes, at_modes, units[half], found);
      for (ptrdiff_t i = 0; i < left; i++) dst[done + 2 * i + half] = found[i];
    }
  }
}

// MARK: Poisson deviates of bytes

// A level's walk, written down: piece k ends at `ends[k]` and is the byte `bytes[k]`; a number of 0...1 begins to look
// at `guide` of its first GUIDE_BITS bits (Chen and Asau, "On generating random variates from an empirical
// distribution", 1974). What lies behind the last piece is walked.
enum { GUIDE_BITS = 6, GUIDES = 1 << GUIDE_BITS, MOST_PIECES = 256 };

typedef struct {
  bool is_made;
  double mean, mode, at_mode;
  uint16_t guide[GUIDES];
} level_walk;

static inline uint8_t byte_of(double photons, double scale) {
  double level = photons * scale + 0.5;
  return level >= 255.0 ? 255 : (uint8_t)level;
}

static void make_walk(level_walk *level, ptrdiff_t pieces, double scale, double *ends, uint8_t *bytes) {
  poisson_walk walk = walk_from(level->mean, level->mode, level->at_mode);
  double found = level->mode;
  int guides = 0;
  for (ptrdiff_t k = 0; k < pieces; k++) {
    ends[k] = walk.sum;
    bytes[k] = byte_of(found, scale);
    while (guides < GUIDES && walk.sum > (double)guides / GUIDES) level->guide[guides++] = (uint16_t)k;
    if (k % 2 == 0) {
      walk_up(&walk);
      found = walk.above;
    } else {
      walk_down(&walk);
      found = walk.below;
    }
  }
  ends[pieces] = 2.0;
  while (guides < GUIDES) level->guide[guides++] = (uint16_t)pieces;
  level->is_made = true;
}

void tk_shot_noise_u8(tk_noise_key key, const uint8_t *src, ptrdiff_t count, double photons, uint8_t *dst) {
  double means[256], modes[256], at_modes[256];
  for (int v = 0; v < 256; v++) means[v] = (double)v / 255.0 * photons;
  for (int v = 0; v < 256; v += BLOCKS) poisson_modes(means + v, modes + v, at_modes + v);
  // Four deviations to each side.
  double deviations = 8.0 * sqrt(photons);
  ptrdiff_t pieces = deviations < MOST_PIECES - 8 ? (ptrdiff_t)deviations + 8 : MOST_PIECES;
  level_walk *walks = tk_scratch_take(256 * sizeof(level_walk));
  double *ends = tk_scratch_take((size_t)(256 * (pieces + 1)) * sizeof(double));
  uint8_t *bytes = tk_scratch_take((size_t)(256 * pieces));
  for (int v = 0; v < 256; v++) {
    walks[v].is_made = false;
    walks[v].mean = means[v], walks[v].mode = modes[v], walks[v].at_mode = at_modes[v];
  }
  const double scale = 255.0 / photons;
  uint32_t words[4][BLOCKS];
  double units[2][BLOCKS];
  for (ptrdiff_t done = 0; done < count; done += 2 * BLOCKS) {
    philox(key, (uint64_t)done / 2, words);
    units_of(words, units);
    ptrdiff_t left = count - done < 2 * BLOCKS ? count - done : 2 * BLOCKS;
    for (ptrdiff_t i = 0; i < left; i++) {
      uint8_t v = src[done + i];
      level_walk *level = walks + v;
      double *end = ends + v * (pieces + 1);
      if (!level->is_made) make_walk(level, pieces, scale, end, bytes + v * pieces);
      double u = units[i % 2][i / 2];
      ptrdiff_t k = level->guide[(int)(u * GUIDES)];
      // Mostly none or one: the first without a branch that the processor would guess wrong.
      k += u >= end[k];
      while (u >= end[k]) k++;
      dst[done + i] = k < pieces ? bytes[v * pieces + k]
                                 : byte_of(poisson(level->mean, level->mode, level->at_mode, u), scale);
    }
  }
  tk_scratch_give(walks);
  tk_scratch_give(ends);
  tk_scratch_give(bytes);
}
