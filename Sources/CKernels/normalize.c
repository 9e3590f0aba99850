#include "CKernels.h"
#include "dispatch.h"

#pragma STDC FP_CONTRACT OFF

TK_CLONES(
  extern, tk_normalize_f32, (const float *src, ptrdiff_t count, float mean, float deviation, float *dst),
  (src, count, mean, deviation, dst)) {
  for (ptrdiff_t i = 0; i < count; i++) dst[i] = (src[i] - mean) / deviation;
}

TK_CLONES(
  extern, tk_denormalize_f32, (const float *src, ptrdiff_t count, float mean, float deviation, float *dst),
  (src, count, mean, deviation, dst)) {
  for (ptrdiff_t i = 0; i < count; i++) {
    float scaled = src[i] * deviation;
    dst[i] = scaled + mean;
  }
}
