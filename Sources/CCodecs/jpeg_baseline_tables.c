// From a file's Huffman table to look-up tables.
#include "jpeg_baseline.h"

#define Z 64
const uint8_t tc_bl_natural_order[256] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
#define ROW Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z
    ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW};

static uint32_t entry_of(uint32_t way, uint32_t length, uint32_t size) {
  return (length + size) | way << 8 | length << 16 | size << 24;
}

/// A symbol in the layout of the code table, with how far it moves k, which stands on the coefficient before; 0 if no
/// file of the kind has it.
static uint32_t code_entry(uint8_t symbol, uint32_t length, code_kind kind) {
  if (kind == DC) return symbol > MOST_SIZE_DC ? 0 : entry_of(1, length, symbol);
  static const uint32_t most[] = {[AC] = MOST_SIZE_AC, [AC_FIRST] = MOST_SIZE_AC, [AC_REFINED] = 1};
  const uint32_t run = symbol >> 4, size = symbol & 15;
  if (size > most[kind]) return 0;
  if (size > 0 || run == 15) return entry_of(run + 1, length, size);
  // Of a baseline file libjpeg ends the block at all of these.
  if (kind == AC && run > 0) return 0;
  return entry_of(END_OF_BLOCK, length, run);
}

static void fill_one(uint32_t *one, uint32_t entry, uint32_t first) {
  const uint32_t total = entry & 63, length = entry >> 16 & 31, size = entry >> 24;
  if (total > BITS_ONE) {
    const uint32_t by_hand = total | BY_HAND | (entry & 0xFF00) | length << 16;
    const uint32_t many = 1u << (BITS_ONE - length);
    for (uint32_t i = 0; i < many; i++) one[first + i] = by_hand;
    return;
  }
  const uint32_t many = 1u << (BITS_ONE - total);
  const int is_run = (entry >> 8 & 255) == END_OF_BLOCK;
  for (uint32_t m = 0; m < 1u << size; m++) {
    int32_t value = m >> (size ? size - 1 : 0) ? (int32_t)m : (int32_t)m - (1 << size) + 1;
    if (is_run) value = (int32_t)(m + (1u << size));
    const uint32_t e = total | (entry & 0xFF00) | (uint32_t)value << 16;
    for (uint32_t i = 0; i < many; i++) one[first++] = e;
  }
}

static void fill_two(uint64_t *two, const uint32_t *one) {
  for (uint32_t i = 0; i < 1u << BITS_ONE; i++) {
    const uint32_t a = one[i];
    if (a & (BY_HAND | NO_CODE)) {
      two[i] = a;
      continue;
    }
    const uint32_t length = a & 63, way = a >> 8 & 255;
    const uint64_t value = a >> 16;
    two[i] = length | way << 8 | way << 16 | length << 24 | value << 32 | value << 48;
    if (way >= END_OF_BLOCK) continue;
    const uint32_t b = one[i << length & ((1u << BITS_ONE) - 1)];
    if (b & (BY_HAND | NO_CODE) || length + (b & 63) > BITS_ONE) continue;
    two[i] = (length + (b & 63)) | way << 8 | (way + (b >> 8 & 255)) << 16 | length << 24
        | value << 32 | (uint64_t)(b >> 16) << 48;
  }
}

static void clear(huffman_table *t) {
  if (t->kind == DC) {
    for (uint32_t i = 0; i < 1u << BITS_CODE; i++) t->code[i] = NO_CODE;
  } else {
    for (uint32_t i = 0; i < 1u << BITS_ONE; i++) t->one[i] = NO_CODE;
  }
}

verdict tc_bl_build(huffman_table *t, const huffman_spec *spec, code_kind kind) {
  const int is_dc = kind == DC;
  t->kind = kind;
  clear(t);
  t->spec = *spec;
  uint32_t code = 0, n = 0;
  for (uint32_t length = 1; length <= 16; length++) {
    t->offset[length] = (int32_t)n - (int32_t)code;
    // As libjpeg: the code of ones only is nobody's.
    if (spec->counts[length] && code + spec->counts[length] >= 1u << length) return UNUSUAL;
    for (uint32_t i = 0; i < spec->counts[length]; i++, code++, n++) {
      // libjpeg refuses these; sizes of 12 to 15 it takes, here they are codes without a meaning.
      if (is_dc && spec->symbols[n] > 15) return UNUSUAL;
      const uint32_t entry = code_entry(spec->symbols[n], length, kind);
      if (!entry) continue;
      if (!is_dc && length <= BITS_ONE) fill_one(t->one, entry, code << (BITS_ONE - length));
      if (is_dc && length <= BITS_CODE) {
        for (uint32_t j = 0; j < 1u << (BITS_CODE - length); j++) t->code[(code << (BITS_CODE - length)) + j] = entry;
      }
    }
    t->limit[length] = code << (16 - length);
    code <<= 1;
  }
  if (kind == AC) fill_two(t->two, t->one);
  return FINE;
}

uint32_t tc_bl_search(const huffman_table *t, uint64_t bits) {
  const uint32_t top = (uint32_t)(bits >> 48);
  for (uint32_t length = 1; length <= 16; length++) {
    if (top >= t->limit[length]) continue;
    return code_entry(t->spec.symbols[(int32_t)(top >> (16 - length)) + t->offset[length]], length, t->kind);
  }
  return 0;
}
