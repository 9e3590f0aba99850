// Inflate for PNG: in pieces, straight from the IDAT chunks, and strict: whatever it takes zlib takes too.
//
// RFC 1950 and 1951. Codes of up to 11 bits take one look-up, which also finds a second literal where both fit; 64 bits
// of input are at hand, so that four look-ups, or a whole match's length, come out of one refill. What does not look
// like a sound stream is refused and left to zlib, which says what is wrong with it.
#include <stddef.h>
#include <string.h>

#include "png_inflate.h"

ALWAYS_INLINE uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  return v;
}

// MARK: input

/// Loads byte by byte over the chunks' borders, up to at least 57 bits or the data's end.
static void refill(png_inflater *in) {
  // The fast loop leaves bits above `count` that it would load again.
  if (in->count < 64) in->bits &= ((uint64_t)1 << in->count) - 1;
  while (in->count <= 56) {
    while (in->next == in->end) {
      size_t length;
      if (!tc_png_chunks_next(&in->chunks, &in->data, &length)) return;
      in->next = in->data;
      in->end = in->data + length;
    }
    in->bits |= (uint64_t)*in->next++ << in->count;
    in->count += 8;
  }
}

static void drop(png_inflater *in, unsigned count) {
  in->bits >>= count;
  in->count -= count;
}

/// Takes up to 16 bits; 0 if they are not there.
static int take(png_inflater *in, unsigned count, uint32_t *value) {
  refill(in);
  if (in->count < count) return 0;
  *value = low(in->bits, count);
  drop(in, count);
  return 1;
}

/// Notes in which chunk the output ends, `unread` bits of what is loaded being behind that.
///
/// zlib takes a new buffer before it looks at what it still has, so where the last byte needed is the last of its
/// chunk, the next one may or may not have been opened.
static void note_data_end(png_inflater *in, unsigned unread) {
  const size_t loaded = (size_t)(in->next - in->data), behind = unread / 8;
  in->data_end = loaded > behind && in->next - behind < in->end ? (size_t)(in->end - in->chunks.bytes) : 0;
  in->fresh = 0;
}

// MARK: block headers

static int build_both(png_inflater *in, const uint8_t *lengths, unsigned literals, unsigned distances) {
  const png_table first = {in->literals, PNG_LITERAL_BITS, PNG_LITERAL_ENTRIES};
  const png_table second = {in->distances, PNG_DISTANCE_BITS, PNG_DISTANCE_ENTRIES};
  if (!tc_png_table_build(first, lengths, literals, 0, tc_png_literal_meaning)) return 0;
  if (!tc_png_table_build(second, lengths + literals, distances, 1, tc_png_distance_meaning)) return 0;
  tc_png_table_pair_literals(in->literals);
  return 1;
}

static int read_fixed(png_inflater *in) {
  uint8_t lengths[288 + 32];
  memset(lengths, 8, 144);
  memset(lengths + 144, 9, 112);
  memset(lengths + 256, 7, 24);
  memset(lengths + 280, 8, 8);
  memset(lengths + 288, 5, 32);
  return build_both(in, lengths, 288, 32);
}

static int read_dynamic(png_inflater *in) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  uint32_t head, value;
  if (!take(in, 14, &head)) return 0;
  const unsigned literals = (head & 31) + 257, distances = (head >> 5 & 31) + 1, all = literals + distances;
  if (literals > PNG_LITERAL_CODES || distances > PNG_DISTANCE_CODES) return 0;
  uint8_t lengths[PNG_LITERAL_CODES + PNG_DISTANCE_CODES] = {0};
  for (unsigned i = 0; i < (head >> 10) + 4; i++) {
    if (!take(in, 3, &value)) return 0;
    lengths[order[i]] = (uint8_t)value;
  }
  uint32_t entries[1 << 7];
  if (!tc_png_table_build((png_table){entries, 7, 1 << 7}, lengths, 19, 0, tc_png_plain_meaning)) return 0;
  memset(lengths, 0, 19);
  for (unsigned i = 0; i < all;) {
    refill(in);
    const uint32_t entry = entries[low(in->bits, 7)], symbol = entry >> 16;
    if (used_by(entry) > in->count) return 0;
    drop(in, used_by(entry));
    if (symbol < 16) {
      lengths[i++] = (uint8_t)symbol;
      continue;
    }
    if (symbol == 16 && i == 0) return 0;
    if (!take(in, symbol == 16 ? 2 : symbol == 17 ? 3 : 7, &value)) return 0;
    const unsigned run = value + (symbol == 18 ? 11 : 3);
    if (run > all - i) return 0;
    memset(lengths + i, symbol == 16 ? lengths[i - 1] : 0, run);
    i += run;
  }
  if (lengths[PNG_END_SYMBOL] == 0) return 0;
  return build_both(in, lengths, literals, distances);
}

static int read_stored(png_inflater *in) {
  uint32_t length, complement;
  drop(in, in->count & 7);
  if (!take(in, 16, &length) || !take(in, 16, &complement) || (length ^ complement) != 0xFFFF) return 0;
  in->stored_left = length;
  return 1;
}

static int read_block_header(png_inflater *in) {
  uint32_t head;
  if (!take(in, 3, &head)) return 0;
  in->is_last = head & 1;
  in->in_block = 1;
  in->is_stored = head >> 1 == 0;
  switch (head >> 1) {
    case 0: return read_stored(in);
    case 1: return read_fixed(in);
    case 2: return read_dynamic(in);
    default: return 0;
  }
}

// MARK: blocks

/// Copies a match; up to 15 bytes behind its end may be written.
ALWAYS_INLINE void copy_match(uint8_t *out, size_t distance, size_t length) {
  const uint8_t *from = out - distance;
  uint8_t *const stop = out + length;
  if (distance >= 16) {
    do {
      memcpy(out, from, 16);
      out += 16;
      from += 16;
    } while (out < stop);
  } else if (distance >= 8 && length <= 16) {
    memcpy(out, from, 8);
    memcpy(out + 8, from + 8, 8);
  } else if (distance == 1) {
    memset(out, *from, length < 16 ? 16 : length);
  } else if (length <= 16) {
    do *out++ = *from++; while (out < stop);
  } else {
    // A run of a pattern: as many whole ones as fit into 16 bytes, stored again and again.
    uint8_t pattern[16];
    for (size_t i = 0, k = 0; i < 16; i++, k = k + 1 == distance ? 0 : k + 1) pattern[i] = from[k];
    const size_t step = 16 - 16 % distance;
    for (; out < stop; out += step) memcpy(out, pattern, 16);
  }
}

/// Stores two bytes, of which the second may not count.
ALWAYS_INLINE void store_literals(uint8_t *out, uint32_t entry) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  out[0] = (uint8_t)(entry >> 16);
  out[1] = (uint8_t)(entry >> 24);
#else
  const uint16_t both = (uint16_t)(entry >> 16);
  memcpy(out, &both, 2);
#endif
}

/// Decodes symbols while plenty of input and room are there. 1 at the block's end, 0 if it stopped before, −1 if
/// a code has no meaning.
ALWAYS_INLINE int decode_quickly(
    png_inflater *in, const uint8_t *history, uint8_t **out_at, const uint8_t *limit) {
  if (in->end - in->next < 16) return 0;
  const uint32_t *const literals = in->literals, *const distances = in->distances;
  const uint8_t *next = in->next, *const safe = in->end - 16;
  uint64_t bits = in->bits;
  unsigned count = in->count;
  uint8_t *out = *out_at;
  int result = 0;
  // Of `count` only the lowest six bits count here, so that a whole entry may be taken off it.
#define REFILL (bits |= load64(next) << (count & 63), next += ~count >> 3 & 7, count |= 56)
#define USE(entry) (bits >>= used_by(entry), count -= (entry))
#define EMIT(entry) (store_literals(out, entry), out += (uint8_t)((entry) >> 8), USE(entry))
  if (count < PNG_LITERAL_BITS) REFILL;
  // Always looked up before the refill, which is then off the path from one code to the next.
  uint32_t entry = literals[low(bits, PNG_LITERAL_BITS)];
  while (next <= safe && out < limit) {
    REFILL;
    if (entry & LITERAL) {
      EMIT(entry);
      entry = literals[low(bits, PNG_LITERAL_BITS)];
      if (entry & LITERAL) {
        EMIT(entry);
        entry = literals[low(bits, PNG_LITERAL_BITS)];
        if (entry & LITERAL) {
          EMIT(entry);
          entry = literals[low(bits, PNG_LITERAL_BITS)];
          if (entry & LITERAL) {
            EMIT(entry);
            // At least 12 of 56 bits are left.
            entry = literals[low(bits, PNG_LITERAL_BITS)];
            continue;
          }
        }
      }
    }
    // At most 33 of 56 bits are used; a length takes up to 20.
    if (entry & SPECIAL) {
      const unsigned before = count & 63;
      if (entry & SUBTABLE) {
        USE(entry);
        entry = literals[(entry >> 16) + low(bits, entry >> 8 & 31)];
        if (entry & LITERAL) {
          EMIT(entry);
          REFILL;
          entry = literals[low(bits, PNG_LITERAL_BITS)];
          continue;
        }
      }
      if (entry & SPECIAL) {
        result = (entry >> 16) ? 1 : -1;
        if (result < 0) break;
        in->next = next;
        if (out != *out_at || in->fresh) note_data_end(in, before);
        USE(entry);
        break;
      }
    }
    const size_t length = value_of(entry, bits);
    USE(entry);
    REFILL;
    entry = distances[low(bits, PNG_DISTANCE_BITS)];
    if (entry & SPECIAL) {
      if (entry & SUBTABLE) {
        USE(entry);
        entry = distances[(entry >> 16) + low(bits, entry >> 8 & 31)];
      }
      if (entry & SPECIAL) {
        result = -1;
        break;
      }
    }
    const size_t distance = value_of(entry, bits);
    USE(entry);
    if (distance > (size_t)(out - history)) {
      result = -1;
      break;
    }
    entry = literals[low(bits, PNG_LITERAL_BITS)];
    copy_match(out, distance, length);
    out += length;
  }
#undef REFILL
#undef USE
#undef EMIT
  in->fresh |= result != 1 && out != *out_at;
  in->next = next;
  in->bits = bits;
  in->count = count & 63;
  *out_at = out;
  return result;
}

static int decode_quickly_anywhere(
    png_inflater *in, const uint8_t *history, uint8_t **out, const uint8_t *limit) {
  return decode_quickly(in, history, out, limit);
}

#if defined(__x86_64__)
__attribute__((target("bmi,bmi2"))) static int decode_quickly_bmi2(
    png_inflater *in, const uint8_t *history, uint8_t **out, const uint8_t *limit) {
  return decode_quickly(in, history, out, limit);
}
#endif

/// Looks up the next code; 0 if its bits are not there.
static int next_entry(png_inflater *in, const uint32_t *table, unsigned table_bits, uint32_t *entry) {
  *entry = table[low(in->bits, table_bits)];
  if (!(*entry & LITERAL) && (*entry & SUBTABLE)) {
    if (used_by(*entry) > in->count) return 0;
    drop(in, used_by(*entry));
    *entry = table[(*entry >> 16) + low(in->bits, *entry >> 8 & 31)];
  }
  return used_by(*entry) <= in->count;
}

/// Decodes one look-up's symbols near a chunk's border. As above, and 2 if the block goes on.
static int decode_step(png_inflater *in, const uint8_t *history, uint8_t **out) {
  uint32_t entry;
  // At least 57 bits, of which a match takes up to 48, or all that there are.
  refill(in);
  const unsigned before = in->count;
  if (!next_entry(in, in->literals, PNG_LITERAL_BITS, &entry)) return -1;
  if (entry & LITERAL) {
    const unsigned n = entry >> 8 & 3;
    (*out)[0] = (uint8_t)(entry >> 16);
    if (n == 2) (*out)[1] = (uint8_t)(entry >> 24);
    *out += n;
    drop(in, used_by(entry));
    in->fresh = 1;
    return 2;
  }
  if (entry & SPECIAL) {
    if (!(entry >> 16)) return -1;
    if (in->fresh) note_data_end(in, before);
    drop(in, used_by(entry));
    return 1;
  }
  const size_t length = value_of(entry, in->bits);
  drop(in, used_by(entry));
  if (!next_entry(in, in->distances, PNG_DISTANCE_BITS, &entry) || (entry & SPECIAL)) return -1;
  const size_t distance = value_of(entry, in->bits);
  drop(in, used_by(entry));
  if (distance > (size_t)(*out - history)) return -1;
  copy_match(*out, distance, length);
  *out += length;
  in->fresh = 1;
  return 2;
}

/// Copies stored bytes; results as above.
static int decode_stored(png_inflater *in, uint8_t **out, const uint8_t *limit) {
  while (in->stored_left > 0) {
    if (*out >= limit) return 0;
    size_t n = in->stored_left;
    if (n > (size_t)(limit - *out)) n = (size_t)(limit - *out);
    if (in->count > 0 || in->next == in->end) {
      // What is loaded first: whole bytes.
      refill(in);
      if (in->count == 0) return -1;
      *(*out)++ = (uint8_t)in->bits;
      drop(in, 8);
      in->stored_left--;
      // The rest need not be loaded bit by bit: give back what lies in this chunk.
      const size_t loaded = in->count / 8, here = (size_t)(in->next - in->data);
      if (loaded <= here) {
        in->next -= loaded;
        in->count = 0;
        in->bits = 0;
      }
    } else {
      if (n > (size_t)(in->end - in->next)) n = (size_t)(in->end - in->next);
      memcpy(*out, in->next, n);
      *out += n;
      in->next += n;
      in->stored_left -= (uint32_t)n;
    }
    in->fresh = 1;
  }
  if (in->fresh) note_data_end(in, in->count);
  return 1;
}

static int decode_codes(png_inflater *in, const uint8_t *history, uint8_t **out, const uint8_t *limit) {
  int (*quickly)(png_inflater *, const uint8_t *, uint8_t **, const uint8_t *) = decode_quickly_anywhere;
#if defined(__x86_64__)
  if (tc_loops_for_inflate() == TK_SIMD_AVX2) quickly = decode_quickly_bmi2;
#endif
  while (*out < limit) {
    int result = quickly(in, history, out, limit);
    if (result != 0) return result;
    if (*out >= limit) break;
    result = decode_step(in, history, out);
    if (result != 2) return result;
  }
  return 0;
}

// MARK: stream

int tc_png_inflate_begin(png_inflater *in, const png_chunks *chunks) {
  memset(in, 0, offsetof(png_inflater, literals));
  in->chunks = *chunks;
  in->data = in->next = in->end = chunks->bytes;
  uint32_t head;
  if (!take(in, 16, &head)) return 0;
  const uint32_t method = head & 0xFF, flags = head >> 8;
  return (method & 15) == 8 && method >> 4 <= 7 && (method << 8 | flags) % 31 == 0 && !(flags & 0x20);
}

png_inflate_result tc_png_inflate(png_inflater *in, const uint8_t *history, uint8_t **out, const uint8_t *limit) {
  while (*out < limit) {
    if (!in->in_block) {
      if (in->is_last) return PNG_INFLATE_END;
      if (!read_block_header(in)) return PNG_INFLATE_REFUSED;
    }
    const int result = in->is_stored ? decode_stored(in, out, limit) : decode_codes(in, history, out, limit);
    if (result < 0) return PNG_INFLATE_REFUSED;
    if (result == 1) in->in_block = 0;
  }
  return PNG_INFLATE_MORE;
}

int tc_png_inflate_checksum(png_inflater *in, uint32_t *checksum) {
  uint32_t high, rest;
  drop(in, in->count & 7);
  if (!take(in, 16, &high) || !take(in, 16, &rest)) return 0;
  *checksum = __builtin_bswap32(high | rest << 16);
  return 1;
}
