/// Noise that is a pure function of (key, element): counter-based, so neither threads nor order change a bit.
///
/// Element `i` takes its random bits from block `i / n` of Philox 4×32-10 under the key's counter, `n` being 4 for
/// normal and uniform noise (32 bits an element) and 2 for Poisson noise (64 bits an element). The block number is
/// the low word of the counter, its overflow is added to the next. All arithmetic is IEEE double in a fixed order.
#ifndef TESSERA_CKERNELS_NOISE_H
#define TESSERA_CKERNELS_NOISE_H

#include <stddef.h>
#include <stdint.h>

/// The words of a `RandomStream.Key`.
typedef struct {
  uint32_t key[2];
  uint32_t high[2];
  uint32_t operation;
} tk_noise_key;

/// `dst[i]` = the random word of element `first + i`.
void tk_noise_words(tk_noise_key key, uint64_t first, ptrdiff_t count, uint32_t *dst);

/// `dst[i]` = a normal deviate (mean 0, deviation 1) of element `first + i`: Box–Muller on 32 + 32 bits, cut off by
/// them at ±6.66. `first` is a multiple of 4.
void tk_noise_normal(tk_noise_key key, uint64_t first, ptrdiff_t count, double *dst);

/// `dst[i]` = a Poisson deviate of mean `means[i]` of element `first + i`, by inversion from the mode with 53 random
/// bits. Means are 0...10^6. `first` is a multiple of 2.
void tk_noise_poisson(tk_noise_key key, uint64_t first, const double *means, ptrdiff_t count, double *dst);

/// Bytes as photons counted: a byte of mean `src[i] / 255 · photons` becomes its Poisson deviate `· 255 / photons`, rounded
/// half up and at most 255. The deviates are those of `tk_noise_poisson` with `first` 0. `photons` is 10^-3...10^6.
void tk_shot_noise_u8(tk_noise_key key, const uint8_t *src, ptrdiff_t count, double photons, uint8_t *dst);

#endif
