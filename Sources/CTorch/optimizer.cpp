// AdamW and the norm of gradients: one pass over float32 on the processor, libtorch's list kernels elsewhere.

#include "include/ctorch_optimizer.h"

#include <algorithm>
#include <cmath>

#include "Fused/fused.h"
#include "Fused/kernels.h"
#include "boundary.h"

namespace {

/// Weights of one tensor that are moved together, small enough that gradient and moments stay in the cache.
struct Piece {
  const float *gradient;
  int64_t count;
  float *weight, *first, *second;
};

constexpr int64_t kPiece = 1 << 14;

/// Every tensor in one pass over its memory; false where a tensor is not float32 on the processor, without gaps.
bool fused_step(
    const std::vector<at::Tensor> &weights, const std::vector<at::Tensor> &grads, const std::vector<at::Tensor> &first,
    const std::vector<at::Tensor> &second, const ct_adamw &s) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < weights.size(); i++) {
    for (const auto &tensor : {weights[i], grads[i], first[i], second[i]}) {
      if (!ct::is_fusible({tensor}) || !tensor.is_contiguous() || tensor.numel() != weights[i].numel()) return false;
    }
    for (int64_t start = 0; start < weights[i].numel(); start += kPiece) {
      auto count = std::min(kPiece, weights[i].numel() - start);
      pieces.push_back(
          {grads[i].data_ptr<float>() + start, count, weights[i].data_ptr<float>() + start,
           first[i].data_ptr<float>() + start, second[i].data_ptr<float>() + start});
    }
  }
  double step = static_cast<double>(s.step);
  ct::AdamWStep numbers{
      static_cast<float>(1 - s.learning_rate * s.weight_decay),
      static_cast<float>(1 - s.beta1),
      static_cast<float>(s.beta2),
      static_cast<float>(1 - s.beta2),
      static_cast<float>(s.learning_rate / (1 - std::pow(s.beta1, step))),
      static_cast<float>(std::sqrt(1 - std::pow(s.beta2, step))),
      static_cast<float>(s.epsilon)};
  ct::for_parts(static_cast<int64_t>(pieces.size()), kPiece, [&](int64_t from, int64_t to) {
    for (auto i = from; i < to; i++) {
      const auto &piece = pieces[i];
      ct::adamw(numbers, piece.gradient, piece.count, piece.weight, piece.first, piece.second);
    }
  });
  return true;
}

}  // namespace

extern "C" {

int ct_adamw_step(
    const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *first_moments,
    const ct_tensor *second_moments, size_t count, ct_adamw s) {
  return ct::status([&] {
    if (count == 0) return;
    c10::NoGradGuard guard;
    auto weights = ct::list(parameters, count), grads = ct::list(gradients, count);
    auto first = ct::list(first_moments, count), second = ct::list(second_moments, count);
    if (fused_step(weights, grads, first, second, s)) {
      // In-place as libtorch's own are, so that a graph that has saved a weight notices.
      for (auto &weight : weights) weight.unsafeGetTensorImpl()->bump_version();
      return;
    }
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
