// AdamW and the norm of gradients, on libtorch's list kernels.

#include "include/ctorch_optimizer.h"

#include <cmath>

#include "boundary.h"

extern "C" {

int ct_adamw_step(
    const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
    const ct_tensor *second_moments, size_t count, ct_adamw s) {
  return ct::status([&] {
    if (count == 0) return;
    c10::NoGradGuard guard;
    auto weights = ct::list(parameters, count), grads = ct::list(gradients, count);
    auto first = ct::list(first_moments, count), second = ct::list(second_moments, count);
    // The order of torch/optim/adam.py, _multi_tensor_adam with decoupled weight decay: the same roundings.
    if (s.weight_decay != 0) at::_foreach_mul_(weights, 1 - s.learning_rate * s.weight_decay);
#if CT_AT_LEAST(2, 1)
    at::_foreach_lerp_(first, grads, 1 - s.beta1);
#else
    for (size_t i = 0; i < count; i++) first[i].lerp_(grads[i], 1 - s.beta1);
#endif
    at::_foreach_mul_(second, s.beta2);
    at::_foreach_addcmul_(second, grads, grads, 1 - s.beta2);
    double step = static_cast<double>(s.step);
    double correction = 1 - std::pow(s.beta1, step);
    auto roots = at::_foreach_sqrt(second);
    at::_foreach_div_(roots, std::pow(1 - std::pow(s.beta2, step), 0.5));
    at::_foreach_add_(roots, s.epsilon);
    at::_foreach_addcdiv_(weights, first, roots, -(s.learning_rate / correction));
  });
}

ct_tensor ct_clip_norm(const ct_tensor *gradients, size_t count, double limit) {
  return ct::tensor([&] {
    c10::NoGradGuard guard;
    auto grads = ct::list(gradients, count);
    if (grads.empty()) return at::zeros({});
    auto total = at::norm(at::stack(at::_foreach_norm(grads, 2)));
    // As torch.nn.utils.clip_grad_norm_: always multiplied, by 1 where the norm is small enough; no look at the value.
    auto factor = at::clamp_max(limit / (total + 1e-6), 1.0);
#if CT_AT_LEAST(2, 1)
    at::_foreach_mul_(grads, factor);
#else
    for (auto &gradient : grads) gradient.mul_(factor);
#endif
    return total;
  });
}

}  // extern "C"
