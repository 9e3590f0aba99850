#include <string.h>

#include "tc_internal.h"

enum { CHUNK = 256 };

size_t tc_layout_pixel_bytes(tc_layout layout) {
  switch (layout) {
    case TC_GRAY:
    case TC_INDEX: return 1;
    case TC_GRAYA:
    case TC_GRAY16:
    case TC_GRAY16BE: return 2;
    case TC_RGB: return 3;
    case TC_RGBA:
    case TC_CMYK:
    case TC_CMYK_INVERTED:
    case TC_GRAYA16BE: return 4;
    case TC_RGB16BE: return 6;
    case TC_RGBA16BE: return 8;
  }
  return 0;
}

int tc_conversion_is_copy(const tc_conversion *conversion) {
  if (conversion->source != conversion->target) return 0;
  // A picture with a transparent colour has no room for it in a format without alpha.
  if (conversion->has_key && conversion->alpha == TC_ALPHA_COMPOSITE) return 0;
  return 1;
}

/// a·b/255, rounded: exact for all bytes, as Pillow's MULDIV255.
static inline uint8_t multiply255(unsigned a, unsigned b) {
  unsigned t = a * b + 128;
  return (uint8_t)(((t >> 8) + t) >> 8);
}

static inline unsigned big16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

static inline uint8_t scaled(unsigned v) { return (uint8_t)((v * 255u + 32767u) / 65535u); }

/// The 8-bit value of a 16-bit sample in a picture with colour or alpha.
static inline uint8_t reduced(const tc_conversion *c, unsigned v) {
  return c->sixteen == TC_SIXTEEN_PILLOW ? (uint8_t)(v >> 8) : scaled(v);
}

/// The 8-bit value of a 16-bit gray sample that stands alone.
static inline uint8_t reduced_gray(const tc_conversion *c, unsigned v) {
  if (c->sixteen == TC_SIXTEEN_PILLOW) return (uint8_t)(v > 255 ? 255 : v);
  return scaled(v);
}

static inline void put(uint8_t *out, unsigned r, unsigned g, unsigned b, unsigned a) {
  out[0] = (uint8_t)r;
  out[1] = (uint8_t)g;
  out[2] = (uint8_t)b;
  out[3] = (uint8_t)a;
}

/// Pillow's conversion: without a profile, ink is taken off from what black leaves.
static inline void put_cmyk(uint8_t *out, const uint8_t *p, uint8_t flip) {
  unsigned rest = 255 - (p[3] ^ flip);
  for (int i = 0; i < 3; i++) {
    // Never negative: a·b/255 is at most the smaller of the two.
    out[i] = (uint8_t)(rest - multiply255(p[i] ^ flip, rest));
  }
  out[3] = 255;
}

/// Any source to RGBA.
static void load(const tc_conversion *c, const uint8_t *p, uint8_t *out, size_t n) {
  const uint16_t *key = c->key;
  const int keyed = c->has_key && c->alpha != TC_ALPHA_DROP;
  switch (c->source) {
    case TC_GRAY:
      for (size_t i = 0; i < n; i++, out += 4) {
        put(out, p[i], p[i], p[i], keyed && p[i] == key[0] ? 0 : 255);
      }
      break;
    case TC_GRAYA:
      for (size_t i = 0; i < n; i++, out += 4, p += 2) put(out, p[0], p[0], p[0], p[1]);
      break;
    case TC_RGB:
      for (size_t i = 0; i < n; i++, out += 4, p += 3) {
        int clear = keyed && p[0] == key[0] && p[1] == key[1] && p[2] == key[2];
        put(out, p[0], p[1], p[2], clear ? 0 : 255);
      }
      break;
    case TC_RGBA: memcpy(out, p, n * 4); break;
    case TC_GRAY16:
      for (size_t i = 0; i < n; i++, out += 4, p += 2) {
        uint16_t v;
        memcpy(&v, p, 2);
        uint8_t g = reduced_gray(c, v);
        put(out, g, g, g, keyed && v == key[0] ? 0 : 255);
      }
      break;
    case TC_CMYK:
      for (size_t i = 0; i < n; i++, out += 4, p += 4) put_cmyk(out, p, 0);
      break;
    case TC_CMYK_INVERTED:
      for (size_t i = 0; i < n; i++, out += 4, p += 4) put_cmyk(out, p, 255);
      break;
    case TC_INDEX:
      for (size_t i = 0; i < n; i++, out += 4) memcpy(out, c->palette + (size_t)p[i] * 4, 4);
      break;
    case TC_GRAY16BE:
      for (size_t i = 0; i < n; i++, out += 4, p += 2) {
        unsigned v = big16(p);
        uint8_t g = reduced_gray(c, v);
        put(out, g, g, g, keyed && v == key[0] ? 0 : 255);
      }
      break;
    case TC_GRAYA16BE:
      for (size_t i = 0; i < n; i++, out += 4, p += 4) {
        uint8_t g = reduced(c, big16(p));
        put(out, g, g, g, reduced(c, big16(p + 2)));
      }
      break;
    case TC_RGB16BE:
      for (size_t i = 0; i < n; i++, out += 4, p += 6) {
        unsigned r = big16(p), g = big16(p + 2), b = big16(p + 4);
        int clear = keyed && r == key[0] && g == key[1] && b == key[2];
        put(out, reduced(c, r), reduced(c, g), reduced(c, b), clear ? 0 : 255);
      }
      break;
    case TC_RGBA16BE:
      for (size_t i = 0; i < n; i++, out += 4, p += 8) {
        put(out, reduced(c, big16(p)), reduced(c, big16(p + 2)), reduced(c, big16(p + 4)),
            reduced(c, big16(p + 6)));
      }
      break;
  }
}

/// Lays RGBA over the background: ((255 − a)·b + a·c) / 255, rounded once, as Pillow's paste with a mask.
static void composite(const tc_conversion *c, uint8_t *p, size_t n) {
  for (size_t i = 0; i < n; i++, p += 4) {
    unsigned a = p[3];
    for (int k = 0; k < 3; k++) {
      unsigned t = c->background[k] * (255 - a) + p[k] * a + 128;
      p[k] = (uint8_t)(((t >> 8) + t) >> 8);
    }
    p[3] = 255;
  }
}

/// RGBA to the target.
static void store(const tc_conversion *c, const uint8_t *p, uint8_t *out, size_t n) {
  switch (c->target) {
    case TC_GRAY:
      for (size_t i = 0; i < n; i++) out[i] = p[i * 4];
      break;
    case TC_GRAYA:
      for (size_t i = 0; i < n; i++) {
        out[i * 2] = p[i * 4];
        out[i * 2 + 1] = p[i * 4 + 3];
      }
      break;
    case TC_RGB:
      for (size_t i = 0; i < n; i++) {
        out[i * 3] = p[i * 4];
        out[i * 3 + 1] = p[i * 4 + 1];
        out[i * 3 + 2] = p[i * 4 + 2];
      }
      break;
    default: memcpy(out, p, n * 4); break;
  }
}

/// Big-endian or native 16-bit gray to native; a transparent colour may give way to the background.
static void gray16_row(const tc_conversion *c, const uint8_t *p, uint8_t *out, size_t n) {
  const int keyed = c->has_key && c->alpha == TC_ALPHA_COMPOSITE;
  for (size_t i = 0; i < n; i++, p += 2, out += 2) {
    uint16_t v;
    if (c->source == TC_GRAY16BE) {
      v = (uint16_t)big16(p);
    } else {
      memcpy(&v, p, 2);
    }
    if (keyed && v == c->key[0]) v = (uint16_t)(c->background[0] * 257u);
    memcpy(out, &v, 2);
  }
}

/// The common cases, without the detour over RGBA. Returns 0 if this is not one of them.
static int convert_directly(
    const tc_conversion *c, const uint8_t *p, uint8_t *out, size_t n) {
  if (c->target == TC_CMYK) {
    const uint8_t flip = c->source == TC_CMYK_INVERTED ? 255 : 0;
    for (size_t i = 0; i < n * 4; i++) out[i] = p[i] ^ flip;
    return 1;
  }
  if (c->target == TC_GRAY16) {
    gray16_row(c, p, out, n);
    return 1;
  }
  if (tc_conversion_is_copy(c)) {
    memcpy(out, p, n * tc_layout_pixel_bytes(c->source));
    return 1;
  }
  if (c->alpha != TC_ALPHA_DROP || c->target != TC_RGB) return 0;
  switch (c->source) {
    case TC_GRAY:
      for (size_t i = 0; i < n; i++) out[i * 3] = out[i * 3 + 1] = out[i * 3 + 2] = p[i];
      return 1;
    case TC_RGBA: store(c, p, out, n); return 1;
    case TC_INDEX:
      for (size_t i = 0; i < n; i++) memcpy(out + i * 3, c->palette + (size_t)p[i] * 4, 3);
      return 1;
    default: return 0;
  }
}

void tc_convert_row(
    const tc_conversion *conversion, const uint8_t *source, uint8_t *target, size_t width) {
  if (convert_directly(conversion, source, target, width)) return;
  uint8_t rgba[CHUNK * 4];
  const size_t source_bytes = tc_layout_pixel_bytes(conversion->source);
  const size_t target_bytes = tc_layout_pixel_bytes(conversion->target);
  for (size_t x = 0; x < width; x += CHUNK) {
    size_t n = width - x < CHUNK ? width - x : CHUNK;
    load(conversion, source + x * source_bytes, rgba, n);
    if (conversion->alpha == TC_ALPHA_COMPOSITE) composite(conversion, rgba, n);
    store(conversion, rgba, target + x * target_bytes, n);
  }
}

void tc_convert_rows(
    const tc_conversion *conversion, const uint8_t *source, size_t source_stride, uint8_t *target,
    size_t target_stride, size_t width, size_t height) {
  for (size_t y = 0; y < height; y++) {
    tc_convert_row(conversion, source + y * source_stride, target + y * target_stride, width);
  }
}
