// Inflate for PNG, in pieces; shared by png_inflate.c, png_tables.c and png_fast.c.
#ifndef TESSERA_PNG_INFLATE_H
#define TESSERA_PNG_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "tc_loops.h"

/// The data of the IDAT chunks, one after another.
typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t position;
} png_chunks;

/// The next IDAT chunk's data; 0 if there is none or if the file cuts it short.
int tc_png_chunks_next(png_chunks *chunks, const uint8_t **data, size_t *count);

typedef enum { PNG_INFLATE_MORE, PNG_INFLATE_END, PNG_INFLATE_REFUSED } png_inflate_result;

enum {
  /// How far back a match may reach.
  PNG_INFLATE_HISTORY = 32768,
  /// Room that must be left behind the output's limit: the longest match, literals before it, the widest copy.
  PNG_INFLATE_SLACK = 258 + 64,
  PNG_LITERAL_BITS = 11,
  PNG_DISTANCE_BITS = 8,
  /// Entries of the first level and what the second can need (zlib's `enough 286 11 15` is 2342, `enough 30 8 15`
  /// 402); a code that wants more is refused.
  PNG_LITERAL_ENTRIES = 2400,
  PNG_DISTANCE_ENTRIES = 512
};

/// A zlib stream that is decoded piece by piece.
typedef struct {
  png_chunks chunks;
  const uint8_t *data, *next, *end;  // of the chunk at hand
  uint64_t bits;                     // loaded and not used, the first in the lowest place
  unsigned count;                    // of them
  int in_block, is_last, is_stored;
  uint32_t stored_left;
  /// The offset behind the data of the chunk in which the output so far ended; 0 if it is not certain which one that
  /// is for zlib.
  size_t data_end;
  int fresh;  // there is output since data_end was noted
  uint32_t literals[PNG_LITERAL_ENTRIES];
  uint32_t distances[PNG_DISTANCE_ENTRIES];
} png_inflater;

/// Reads the stream's header. 0 if it is not one that zlib takes.
int tc_png_inflate_begin(png_inflater *inflater, const png_chunks *chunks);

/// Decodes on to `*out` until the stream's end or until `*out` has reached `limit`, behind which
/// `PNG_INFLATE_SLACK` bytes must be writable. The bytes from `history` to `*out` are what was decoded last: all of it
/// or at least `PNG_INFLATE_HISTORY`.
///
/// Whatever this takes zlib takes too, with the same bytes; the reverse is not promised, so that everything unusual
/// may simply be refused.
png_inflate_result tc_png_inflate(png_inflater *inflater, const uint8_t *history, uint8_t **out, const uint8_t *limit);

/// Reads the checksum behind the stream's end. 0 if there is none.
int tc_png_inflate_checksum(png_inflater *inflater, uint32_t *checksum);

/// Adler-32, continued.
uint32_t tc_png_adler32(uint32_t adler, const uint8_t *bytes, size_t count);

// MARK: tables

// An entry of a table. Bits 0-5 say how many bits of input it uses, code and extra bits together. Then
// * LITERAL, bits 8-15: how many (1 or 2), bits 16-31: the bytes;
// * a length or distance, bits 8-12: the code's own bits, bits 16-31: its base;
// * SPECIAL: a subtable, the block's end, or a code without a meaning.
#define LITERAL 0x80u
#define ONE_LITERAL 0x100u
#define TWO_LITERALS 0x200u
#define SPECIAL 0x40u
#define SUBTABLE 0x2000u  // bits 16-31: its first entry; bits 8-12: how many bits index it
#define BLOCK_END (SPECIAL | 1u << 16)

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint32_t low(uint64_t bits, unsigned count) {
  return (uint32_t)(bits & (((uint64_t)1 << count) - 1));
}

/// The bits of input that an entry uses.
ALWAYS_INLINE unsigned used_by(uint32_t entry) { return entry & 63; }

/// A length or distance: its base and its extra bits.
ALWAYS_INLINE uint32_t value_of(uint32_t entry, uint64_t bits) {
  return (entry >> 16) + (low(bits, used_by(entry)) >> (entry >> 8 & 31));
}

enum { PNG_END_SYMBOL = 256, PNG_LITERAL_CODES = 286, PNG_DISTANCE_CODES = 30 };

typedef struct {
  uint32_t *entries;
  unsigned bits;      // of the first level
  unsigned capacity;  // entries
} png_table;

/// Builds the table of a canonical code from its symbols' lengths (at most 288, 0 is unused, at most 15). Only complete
/// codes are taken; with `sparse`, also none at all or one of one bit, whose other bit then has no meaning (for
/// distances; zlib's rule).
int tc_png_table_build(
    png_table table, const uint8_t *lengths, unsigned symbols, int sparse, uint32_t (*meaning)(unsigned));

/// What a symbol means, as an entry without its code's length: its base and its extra bits.
uint32_t tc_png_literal_meaning(unsigned symbol);
uint32_t tc_png_distance_meaning(unsigned symbol);
/// The symbol as a base.
uint32_t tc_png_plain_meaning(unsigned symbol);

/// Makes entries of two literals where both codes fit into the first level.
void tc_png_table_pair_literals(uint32_t *entries);

#endif
