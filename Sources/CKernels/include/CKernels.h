/// Tessera's hot loops: an umbrella, one header for each family of operations.
///
/// Rules of every kernel: the scalar loop is the specification; strides are in bytes; no allocation
/// unless the name says so; a status of 0 is success and a negative one means "out of memory";
/// float contraction is off (`#pragma STDC FP_CONTRACT OFF`), so that every machine computes the same bits.
#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H

#include "colour.h"
#include "geometry.h"
#include "lock.h"
#include "moments.h"
#include "noise.h"
#include "resample.h"
#include "scratch.h"
#include "simd.h"
#include "tensor.h"

#endif
