// The tables of inflate's codes (RFC 1951, 3.2.2): two levels, the second for codes longer than the first's index.
#include <string.h>

#include "png_inflate.h"

enum { LONGEST_CODE = 15 };

uint32_t tc_png_literal_meaning(unsigned symbol) {
  static const uint16_t bases[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                   31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  static const uint8_t extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  if (symbol < PNG_END_SYMBOL) return LITERAL | ONE_LITERAL | symbol << 16;
  if (symbol == PNG_END_SYMBOL) return BLOCK_END;
  if (symbol >= PNG_LITERAL_CODES) return SPECIAL;
  return (uint32_t)bases[symbol - 257] << 16 | extra[symbol - 257];
}

uint32_t tc_png_distance_meaning(unsigned symbol) {
  if (symbol >= PNG_DISTANCE_CODES) return SPECIAL;
  if (symbol < 4) return (symbol + 1) << 16;
  const unsigned extra = symbol / 2 - 1;
  return (((2 + symbol % 2) << extra) + 1) << 16 | extra;
}

uint32_t tc_png_plain_meaning(unsigned symbol) { return symbol << 16; }

/// A code's entry in a table that is entered with `skipped` of its `length` bits already used.
ALWAYS_INLINE uint32_t entry_of(uint32_t meaning, unsigned length, unsigned skipped) {
  return meaning + (length - skipped) * (meaning & LITERAL ? 1u : 0x101u);
}

/// The code that follows, of the same length, with its first bit in the lowest place.
ALWAYS_INLINE uint32_t next_code(uint32_t code, unsigned length) {
  const uint32_t zeros = ~code & ((1u << length) - 1);
  if (!zeros) return 0;
  const uint32_t top = 1u << (31 - __builtin_clz(zeros));
  return (code & (top - 1)) | top;
}

/// Fills the subtables for the codes longer than the first level, which begin with `code` of `length` bits.
static int fill_subtables(
    png_table table, const uint16_t *left_of_length, const uint16_t *sorted, uint32_t code, unsigned length,
    uint32_t (*meaning)(unsigned)) {
  uint16_t left[LONGEST_CODE + 1];
  memcpy(left, left_of_length, sizeof left);
  const uint32_t mask = (1u << table.bits) - 1;
  uint32_t end = 1u << table.bits, start = 0, prefix = UINT32_MAX;
  while (length <= LONGEST_CODE) {
    if (left[length] == 0) {
      length++;  // one more bit; it comes in as 0 at the top
      continue;
    }
    if ((code & mask) != prefix) {
      prefix = code & mask;
      unsigned bits = length - table.bits;
      uint32_t used = left[length];
      while (used < 1u << bits) used = (used << 1) + (table.bits + ++bits <= LONGEST_CODE ? left[table.bits + bits] : 0);
      start = end;
      end += 1u << bits;
      if (end > table.capacity) return 0;
      table.entries[prefix] = SPECIAL | SUBTABLE | start << 16 | bits << 8 | table.bits;
    }
    const uint32_t entry = entry_of(meaning(*sorted++), length, table.bits);
    for (uint32_t i = start + (code >> table.bits); i < end; i += 1u << (length - table.bits)) table.entries[i] = entry;
    left[length]--;
    code = next_code(code, length);
  }
  return 1;
}

int tc_png_table_build(
    png_table table, const uint8_t *lengths, unsigned symbols, int sparse, uint32_t (*meaning)(unsigned)) {
  uint16_t of_length[LONGEST_CODE + 1] = {0}, first[LONGEST_CODE + 2], sorted[288];
  for (unsigned i = 0; i < symbols; i++) of_length[lengths[i]]++;
  int32_t space = 1;
  first[1] = 0;
  for (unsigned n = 1; n <= LONGEST_CODE; n++) {
    space = space * 2 - of_length[n];
    if (space < 0) return 0;
    first[n + 1] = first[n] + of_length[n];
  }
  const unsigned used = first[LONGEST_CODE + 1];
  if (space > 0) {
    if (!sparse || used > 1 || used != of_length[1]) return 0;
    for (unsigned i = 0; i < 1u << table.bits; i++) table.entries[i] = SPECIAL | 1;
    for (unsigned i = 0; i < symbols; i++) {
      if (lengths[i] == 0) continue;
      for (unsigned k = 0; k < 1u << table.bits; k += 2) table.entries[k] = entry_of(meaning(i), 1, 0);
    }
    return 1;
  }
  for (unsigned i = 0; i < symbols; i++) {
    if (lengths[i]) sorted[first[lengths[i]]++] = (uint16_t)i;
  }
  // The part for codes of up to n bits repeats itself with every bit more: it is doubled as the lengths grow.
  const uint16_t *symbol = sorted;
  uint32_t code = 0;
  table.entries[0] = SPECIAL | 1;
  for (unsigned n = 1; n <= table.bits; n++) {
    memcpy(table.entries + (1u << (n - 1)), table.entries, sizeof(uint32_t) << (n - 1));
    for (unsigned left = of_length[n]; left > 0; left--) {
      table.entries[code] = entry_of(meaning(*symbol++), n, 0);
      code = next_code(code, n);
    }
  }
  if (symbol == sorted + used) return 1;
  return fill_subtables(table, of_length, symbol, code, table.bits + 1, meaning);
}

void tc_png_table_pair_literals(uint32_t *entries) {
  // From the top: what an entry is combined with lies below it and is still single.
  for (uint32_t i = 1u << PNG_LITERAL_BITS; i-- > 0;) {
    const uint32_t a = entries[i], b = entries[i >> (used_by(a) & 15)], both = used_by(a) + used_by(b);
    if ((a & b & LITERAL) && both <= PNG_LITERAL_BITS) {
      entries[i] = LITERAL | TWO_LITERALS | (a & 0xFF0000u) | (b & 0xFF0000u) << 8 | both;
    }
  }
}
