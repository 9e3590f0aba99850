#ifndef CTORCH_OPTIMIZER_H
#define CTORCH_OPTIMIZER_H

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  /// Counts from 1.
  int64_t step;
} ct_adamw;

/// One step of AdamW on lists of equal length, in place, as torch.optim.AdamW(foreach=True).
int ct_adamw_step(
    const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
    const ct_tensor *second_moments, size_t count, ct_adamw settings);
/// Scales gradients in place so that their joint norm is at most `limit`; returns the norm before, a scalar.
ct_tensor ct_clip_norm(const ct_tensor *gradients, size_t count, double limit);

#ifdef __cplusplus
}
#endif
#endif
