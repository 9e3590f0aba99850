/// Which instruction sets this process's loops may use: one ceiling for every loop of this target and of `CCodecs`.
///
/// The environment variable `TESSERA_SIMD` (`scalar`, `portable`, `avx2`, `avx512`, `neon` or `auto`) is read once, when
/// the first loop is chosen. Every set of loops gives the same bytes, so the ceiling is for finding errors and for
/// measuring. It does not reach the libraries behind `CCodecs`.
#ifndef TESSERA_CKERNELS_SIMD_H
#define TESSERA_CKERNELS_SIMD_H

#include <stdint.h>

/// The levels, in rising order; not every machine has all.
enum {
  /// The loops that are the specification.
  TK_SIMD_SCALAR = 0,
  /// What the compiler makes of plain C for the oldest machine of the architecture.
  TK_SIMD_PORTABLE = 1,
  /// arm64.
  TK_SIMD_NEON = 2,
  /// x86-64 with AVX2, and with what came before and beside it (SSE 4.1, BMI 2).
  TK_SIMD_AVX2 = 3,
  /// x86-64 with AVX-512.
  TK_SIMD_AVX512 = 4,
  /// How many levels there are.
  TK_SIMD_LEVELS = 5,
};

/// Groups of instructions that loops ask for.
enum {
  TK_PORTABLE = 1 << 0,
  TK_NEON = 1 << 1,
  TK_SSE41 = 1 << 2,
  TK_BMI2 = 1 << 3,
  TK_AVX2 = 1 << 4,
  /// AVX-512 F, BW, VL and VBMI.
  TK_AVX512 = 1 << 5,
  /// The same and VNNI: Ice Lake, Zen 4.
  TK_AVX512_VNNI = 1 << 6,
};

/// Whether loops that need `instructions` (one of the above) may run: the machine has them and the ceiling allows them.
int tk_may_use(int32_t instructions);

/// The level of a word, which need not be one that this machine has; −1 for `auto`, −2 for any other word.
int32_t tk_simd_level_named(const char *word);
/// A level's word.
const char *tk_simd_name(int32_t level);
/// Whether this machine has the level, whatever the ceiling.
int tk_simd_is_here(int32_t level);
/// The level at work: the highest that the machine has and the ceiling allows.
int32_t tk_simd_level(void);
/// What `TESSERA_SIMD` says if it is no word of this list, else NULL. Such a word sets no ceiling: callers that can are
/// to refuse it.
const char *tk_simd_unknown_word(void);

#endif
