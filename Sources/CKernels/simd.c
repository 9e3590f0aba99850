// The one place that asks the processor what it has.
#include "CKernels.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[TK_SIMD_LEVELS] = {"scalar", "portable", "neon", "avx2", "avx512"};

// What each level adds.
static const int32_t instructions_of[TK_SIMD_LEVELS] = {
  0, TK_PORTABLE, TK_NEON, TK_SSE41 | TK_BMI2 | TK_AVX2, TK_AVX512 | TK_AVX512_VNNI};

// What a machine must have to be called one of that level.
static const int32_t mark_of[TK_SIMD_LEVELS] = {0, TK_PORTABLE, TK_NEON, TK_AVX2, TK_AVX512};

static int32_t instructions_of_machine(void) {
  int32_t here = TK_PORTABLE;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.1")) here |= TK_SSE41;
  if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) here |= TK_BMI2;
  if (__builtin_cpu_supports("avx2")) here |= TK_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512vbmi")) {
    here |= TK_AVX512;
    if (__builtin_cpu_supports("avx512vnni")) here |= TK_AVX512_VNNI;
  }
#elif defined(__aarch64__)
  here |= TK_NEON;
#endif
  return here;
}

int32_t tk_simd_level_named(const char *word) {
  for (int32_t level = 0; level < TK_SIMD_LEVELS; level++) {
    if (strcmp(word, names[level]) == 0) return level;
  }
  return strcmp(word, "auto") == 0 ? -1 : -2;
}

const char *tk_simd_name(int32_t level) { return names[level]; }

// An empty variable is as good as none.
static const char *word_of_environment(void) {
  const char *word = getenv("TESSERA_SIMD");
  return word && word[0] != '\0' ? word : "auto";
}

const char *tk_simd_unknown_word(void) {
  const char *word = word_of_environment();
  return tk_simd_level_named(word) == -2 ? word : NULL;
}

// What may be used; the highest bit says that it is worked out. Every thread works out the same.
static _Atomic int32_t usable;
enum { IS_KNOWN = 1 << 30 };

static int32_t usable_instructions(void) {
  int32_t mask = atomic_load_explicit(&usable, memory_order_relaxed);
  if (mask & IS_KNOWN) return mask;
  const int32_t named = tk_simd_level_named(word_of_environment());
  const int32_t ceiling = named < 0 ? TK_SIMD_LEVELS - 1 : named;
  int32_t allowed = 0;
  for (int32_t level = 0; level <= ceiling; level++) allowed |= instructions_of[level];
  mask = (instructions_of_machine() & allowed) | IS_KNOWN;
  atomic_store_explicit(&usable, mask, memory_order_relaxed);
  return mask;
}

int tk_may_use(int32_t instructions) { return (usable_instructions() & instructions) != 0; }

int tk_simd_is_here(int32_t level) {
  return level == TK_SIMD_SCALAR || (instructions_of_machine() & mark_of[level]) != 0;
}

int32_t tk_simd_level(void) {
  int32_t level = TK_SIMD_LEVELS - 1;
  while (level > TK_SIMD_SCALAR && !(usable_instructions() & mark_of[level])) level--;
  return level;
}
