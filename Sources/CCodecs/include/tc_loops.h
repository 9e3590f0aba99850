/// Which of their loops the decoders run on this machine, under the ceiling of `TESSERA_SIMD` (see CKernels' `simd.h`).
///
/// Each is what the decoder itself asks. A level (`TK_SIMD_…`) stands for the loops that are written for it.
#ifndef TESSERA_TC_LOOPS_H
#define TESSERA_TC_LOOPS_H

#include <CKernels.h>

/// Baseline JPEGs: AVX2 is the decoder of our own, scalar is libjpeg.
int32_t tc_loops_for_jpeg(void);
/// PNG's inflate: AVX2 is the loop compiled with BMI 2.
int32_t tc_loops_for_inflate(void);
/// PNG's Adler-32.
int32_t tc_loops_for_checksum(void);
/// PNG's filters: AVX2 is SSE 4.1.
int32_t tc_loops_for_unfilter(void);

#endif
