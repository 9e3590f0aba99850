// One scalar loop, compiled for the architecture's oldest machine and for AVX2; each call picks one.
//
//     TK_CLONES(static, add_row, (const float *row, ptrdiff_t count, float *sum), (row, count, sum)) { … }
//
// defines `static void add_row(const float *row, …)`. Only IEEE operations in source order are vectorised, so every
// clone computes the same bits. Not `target_clones`: the loader would pick before any ceiling is known.
#ifndef TESSERA_CKERNELS_DISPATCH_H
#define TESSERA_CKERNELS_DISPATCH_H

#include "include/simd.h"

#define TK_CLONED_BODY static inline __attribute__((always_inline)) void

#if defined(__x86_64__)
#define TK_CLONES(linkage, name, parameters, arguments)                                            \
  TK_CLONED_BODY name##_loop parameters;                                                           \
  static __attribute__((noinline)) void name##_plain parameters { name##_loop arguments; }         \
  static __attribute__((noinline, target("avx2"))) void name##_avx2 parameters { name##_loop arguments; } \
  linkage void name parameters {                                                                   \
    if (tk_may_use(TK_AVX2)) {                                                                     \
      name##_avx2 arguments;                                                                       \
    } else {                                                                                       \
      name##_plain arguments;                                                                      \
    }                                                                                              \
  }                                                                                                \
  TK_CLONED_BODY name##_loop parameters
#else
#define TK_CLONES(linkage, name, parameters, arguments) linkage void name parameters
#endif

#endif
