// What the *gathered* horizontal passes share: neighbouring samples take their taps from one load by a table of bytes.
#ifndef TESSERA_RESAMPLE_GATHER_H
#define TESSERA_RESAMPLE_GATHER_H

#include "resample_internal.h"

// Where the load for the samples from `sample` on begins, for their taps from `tap` on: bytes from the row's first.
// `load` bytes from there are in the row, if the row has so many.
static inline int32_t tk_gather_base(const tk_axis *axis, int32_t channels, int32_t sample, int32_t tap, int32_t load) {
  const int32_t wanted = (axis->first[sample / channels] + tap) * channels;
  const int32_t last = axis->in * channels - load;
  return wanted < last ? wanted : last < 0 ? 0 : last;
}

// Whether loads of `load` bytes reach the first `taps` taps of `samples` neighbours in the middle of the axis: a quick
// answer, before tables are made in vain.
static inline int tk_gather_reaches(
  const tk_axis *axis, int32_t channels, int32_t samples, int32_t taps, int32_t load) {
  if (axis->in * channels <= load) return 1;
  const int32_t from = axis->out / 2;
  // So many pixels have a sample in the group at least.
  int32_t last = from + (samples + channels - 1) / channels - 1;
  if (last >= axis->out) last = axis->out - 1;
  if (taps > axis->longest) taps = axis->longest;
  return (axis->first[last] - axis->first[from] + taps) * channels <= load;
}

#endif
