// What the files of the last pass share.
#ifndef TESSERA_PLANAR_INTERNAL_H
#define TESSERA_PLANAR_INTERNAL_H

#include "include/tensor.h"

// One pass, as `tk_lut_planar` is asked for it; `lut` is NULL for the bytes themselves.
typedef struct {
  const uint8_t *src;
  ptrdiff_t src_stride, width, height;
  ptrdiff_t channels;
  int flip_x;
  const void *lut;
  int element_bytes;
  void *dst;
  ptrdiff_t plane_stride;
} tk_planar;

#if defined(__x86_64__)
// 1 and 3 channels.
void tk_planar_avx512(const tk_planar *pass);
#endif

#endif
