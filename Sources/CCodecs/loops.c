#include "tc_internal.h"

static int32_t level_if(int32_t level, int32_t instructions) {
  return tk_may_use(instructions) ? level : TK_SIMD_SCALAR;
}

int32_t tc_loops_for_jpeg(void) { return level_if(TK_SIMD_AVX2, TK_AVX2); }

int32_t tc_loops_for_inflate(void) { return level_if(TK_SIMD_AVX2, TK_BMI2); }

int32_t tc_loops_for_checksum(void) { return level_if(TK_SIMD_AVX2, TK_AVX2); }

int32_t tc_loops_for_unfilter(void) {
  return tk_may_use(TK_NEON) ? TK_SIMD_NEON : level_if(TK_SIMD_AVX2, TK_SSE41);
}
