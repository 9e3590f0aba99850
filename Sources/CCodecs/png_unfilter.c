// PNG's five filters, undone. The scalar loop is the specification (PNG, section 9); the vector loops give the same
// bytes. Sub, Average and Paeth depend on the pixel to the left, so there a vector holds one pixel, a sample in each
// 16-bit lane, and what counts is how few instructions lie between a pixel and the next.
#include <string.h>

#include "png_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { NONE, SUB, UP, AVERAGE, PAETH };

// MARK: scalar

static uint8_t paeth(int a, int b, int c) {
  const int p = a + b - c;
  const int pa = p < a ? a - p : p - a, pb = p < b ? b - p : p - b, pc = p < c ? c - p : p - c;
  return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/// Undoes the filter for the bytes from `at` on.
static void unfilter_scalar(
    int32_t filter, size_t pixel, const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t at, size_t count) {
  for (size_t i = at; i < count; i++) {
    const uint8_t a = i >= pixel ? target[i - pixel] : 0, b = prior[i], c = i >= pixel ? prior[i - pixel] : 0;
    uint8_t prediction = 0;
    switch (filter) {
      case SUB: prediction = a; break;
      case UP: prediction = b; break;
      case AVERAGE: prediction = (uint8_t)((a + b) / 2); break;
      case PAETH: prediction = paeth(a, b, c); break;
      default: break;
    }
    target[i] = (uint8_t)(row[i] + prediction);
  }
}

// MARK: vectors

#if defined(__x86_64__)
#define VECTORS 1
#define LANES_TARGET __attribute__((target("sse4.1")))
#define INLINE static inline __attribute__((always_inline, target("sse4.1")))
typedef __m128i lanes;
INLINE lanes bytes8(uint64_t bytes) { return _mm_cvtsi64_si128((int64_t)bytes); }
INLINE uint64_t first8(lanes v) { return (uint64_t)_mm_cvtsi128_si64(v); }
INLINE lanes widen(lanes v) { return _mm_cvtepu8_epi16(v); }
INLINE lanes narrow(lanes v) { return _mm_packus_epi16(v, v); }
INLINE lanes add8(lanes a, lanes b) { return _mm_add_epi8(a, b); }
INLINE lanes add16(lanes a, lanes b) { return _mm_add_epi16(a, b); }
INLINE lanes sub16(lanes a, lanes b) { return _mm_sub_epi16(a, b); }
INLINE lanes sub8(lanes a, lanes b) { return _mm_sub_epi8(a, b); }
INLINE lanes average8(lanes a, lanes b) { return _mm_avg_epu8(a, b); }  // rounded up
INLINE lanes both(lanes a, lanes b) { return _mm_and_si128(a, b); }
INLINE lanes flip(lanes a) { return _mm_xor_si128(a, _mm_set1_epi8(-1)); }
INLINE lanes half(lanes a) { return _mm_srai_epi16(a, 1); }
INLINE lanes max16(lanes a, lanes b) { return _mm_max_epi16(a, b); }
INLINE lanes min16(lanes a, lanes b) { return _mm_min_epi16(a, b); }
INLINE lanes greater(lanes a, lanes b) { return _mm_cmpgt_epi16(a, b); }
INLINE lanes choose(lanes mask, lanes yes, lanes no) { return _mm_blendv_epi8(no, yes, mask); }
INLINE lanes zero(void) { return _mm_setzero_si128(); }
#elif defined(__aarch64__)
#define VECTORS 1
#define LANES_TARGET
#define INLINE static inline __attribute__((always_inline))
typedef int16x8_t lanes;
INLINE uint8x16_t as_bytes(lanes v) { return vreinterpretq_u8_s16(v); }
INLINE lanes as_lanes(uint8x16_t v) { return vreinterpretq_s16_u8(v); }
INLINE lanes bytes8(uint64_t bytes) { return as_lanes(vcombine_u8(vcreate_u8(bytes), vdup_n_u8(0))); }
INLINE uint64_t first8(lanes v) { return vgetq_lane_u64(vreinterpretq_u64_s16(v), 0); }
INLINE lanes widen(lanes v) { return vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(as_bytes(v)))); }
INLINE lanes narrow(lanes v) { return as_lanes(vcombine_u8(vqmovun_s16(v), vdup_n_u8(0))); }
INLINE lanes add8(lanes a, lanes b) { return as_lanes(vaddq_u8(as_bytes(a), as_bytes(b))); }
INLINE lanes sub8(lanes a, lanes b) { return as_lanes(vsubq_u8(as_bytes(a), as_bytes(b))); }
INLINE lanes average8(lanes a, lanes b) { return as_lanes(vrhaddq_u8(as_bytes(a), as_bytes(b))); }  // rounded up
INLINE lanes both(lanes a, lanes b) { return vandq_s16(a, b); }
INLINE lanes flip(lanes a) { return vmvnq_s16(a); }
INLINE lanes add16(lanes a, lanes b) { return vaddq_s16(a, b); }
INLINE lanes sub16(lanes a, lanes b) { return vsubq_s16(a, b); }
INLINE lanes half(lanes a) { return vshrq_n_s16(a, 1); }
INLINE lanes max16(lanes a, lanes b) { return vmaxq_s16(a, b); }
INLINE lanes min16(lanes a, lanes b) { return vminq_s16(a, b); }
INLINE lanes greater(lanes a, lanes b) { return vreinterpretq_s16_u16(vcgtq_s16(a, b)); }
INLINE lanes choose(lanes mask, lanes yes, lanes no) { return vbslq_s16(vreinterpretq_u16_s16(mask), yes, no); }
INLINE lanes zero(void) { return vdupq_n_s16(0); }
#endif

#if VECTORS
/// Loads a pixel; of 3 and 6 bytes, what lies behind it too, unless it is the last.
INLINE uint64_t load(const uint8_t *p, size_t pixel, int last) {
  uint64_t v = 0;
  memcpy(&v, p, last ? pixel : pixel == 3 ? 4 : pixel == 6 ? 8 : pixel);
  return v;
}

/// Stores a pixel; of 3 and 6 bytes, something behind it too, unless it is the last.
INLINE void store(uint8_t *p, uint64_t v, size_t pixel, int last) {
  memcpy(p, &v, last ? pixel : pixel == 3 ? 4 : pixel == 6 ? 8 : pixel);
}

typedef struct {
  lanes a, c;  // the pixel to the left, and the one above that
} left_pixels;

/// Paeth's choice, plus d: with b and c known, which of the three is nearest to a + b − c depends on a's place on the
/// number line only. It is a unless a lies strictly between b and 3c − 2b; there it is the lower of b and c where
/// a < t, and else the higher. All but three steps are ready before a is.
///
/// From |p − a| = |b − c|, |p − b| = |a − c|, |p − c| = |a + b − 2c|, ties in favour of a, then b. Lanes hold 0...255,
/// since `add8` leaves their high bytes 0; 3c − 2b needs 11 bits.
INLINE lanes undo_paeth(lanes d, lanes a, lanes b, lanes c) {
  const lanes rise = sub16(b, c), falls = greater(c, b);
  const lanes t = sub16(c, half(add16(rise, falls)));
  const lanes far = sub16(sub16(c, rise), rise), low = min16(b, far), high = max16(b, far);
  const lanes lower = add8(min16(b, c), d), higher = add8(max16(b, c), d);
  const lanes other = choose(greater(t, a), lower, higher);
  return choose(both(greater(a, low), greater(high, a)), other, add8(a, d));
}

INLINE void undo_pixel(
    int32_t filter, size_t pixel, const uint8_t *row, const uint8_t *prior, uint8_t *target, left_pixels *left,
    int last) {
  const lanes d = bytes8(load(row, pixel, last));
  lanes x;
  if (filter == SUB) {
    x = left->a = add8(d, left->a);
  } else if (filter == AVERAGE) {
    // `average8` rounds up. With a' = 255 − a and so on: 255 − (d + ⌊(a + b) / 2⌋) = ⌈(a' + b') / 2⌉ − d.
    left->a = sub8(average8(left->a, flip(bytes8(load(prior, pixel, last)))), d);
    x = flip(left->a);
  } else {
    const lanes b = widen(bytes8(load(prior, pixel, last)));
    left->a = undo_paeth(widen(d), left->a, b, left->c);
    left->c = b;
    x = narrow(left->a);
  }
  store(target, first8(x), pixel, last);
}

INLINE void undo_row(
    int32_t filter, size_t pixel, const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t count) {
  left_pixels left = {filter == AVERAGE ? flip(zero()) : zero(), zero()};
  size_t i = 0;
  // Wide loads and stores of 3 and 6 bytes reach two bytes further.
  const size_t reach = pixel == 3 ? 4 : pixel == 6 ? 8 : pixel;
  for (; i + reach <= count; i += pixel) undo_pixel(filter, pixel, row + i, prior + i, target + i, &left, 0);
  for (; i + pixel <= count; i += pixel) undo_pixel(filter, pixel, row + i, prior + i, target + i, &left, 1);
  // Part of a pixel: the window's edge, or a row of 16-bit samples that a caller cut.
  unfilter_scalar(filter, pixel, row, prior, target, i, count);
}

INLINE void undo_filter(
    int32_t filter, size_t pixel, const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t count) {
  switch (filter) {
    case SUB: undo_row(SUB, pixel, row, prior, target, count); break;
    case AVERAGE: undo_row(AVERAGE, pixel, row, prior, target, count); break;
    default: undo_row(PAETH, pixel, row, prior, target, count); break;
  }
}

LANES_TARGET static void undo(
    int32_t filter, size_t pixel, const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t count) {
  switch (pixel) {
    case 1: undo_filter(filter, 1, row, prior, target, count); break;
    case 2: undo_filter(filter, 2, row, prior, target, count); break;
    case 3: undo_filter(filter, 3, row, prior, target, count); break;
    case 4: undo_filter(filter, 4, row, prior, target, count); break;
    case 6: undo_filter(filter, 6, row, prior, target, count); break;
    case 8: undo_filter(filter, 8, row, prior, target, count); break;
    default: unfilter_scalar(filter, pixel, row, prior, target, 0, count); break;
  }
}
#endif

/// No byte depends on another: compilers see to it.
static void up(const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] = (uint8_t)(row[i] + prior[i]);
}

int32_t tc_png_unfilter_levels(void) {
  return tc_loops_for_unfilter() > TK_SIMD_SCALAR ? 2 : 1;
}

void tc_png_unfilter(
    int32_t filter, int32_t pixel_bytes, const uint8_t *row, const uint8_t *prior, uint8_t *target, size_t count,
    int32_t level) {
  const size_t pixel = (size_t)pixel_bytes;
  if (level <= 0) {
    unfilter_scalar(filter, pixel, row, prior, target, 0, count);
  } else if (filter == NONE) {
    memcpy(target, row, count);
  } else if (filter == UP) {
    up(row, prior, target, count);
  } else {
#if VECTORS
    undo(filter, pixel, row, prior, target, count);
#endif
  }
}
