// The everyday operators.

#include "include/ctorch_operators.h"

#include "boundary.h"

using ct::ints;
using ct::scalar;

extern "C" {

#define CT_DEFINE_UNARY(name) \
  ct_tensor ct_##name(ct_tensor a) { return ct::tensor([&] { return at::name(a->value); }); }
#define CT_DEFINE_BINARY(name)                                               \
  ct_tensor ct_##name(ct_tensor a, ct_tensor b) {                            \
    return ct::tensor([&] { return at::name(a->value, b->value); });         \
  }
#define CT_DEFINE_BINARY_SCALAR(name)                                        \
  ct_tensor ct_##name##_scalar(ct_tensor a, ct_scalar b) {                   \
    return ct::tensor([&] { return at::name(a->value, scalar(b)); });        \
  }
CT_UNARY(CT_DEFINE_UNARY)
CT_BINARY(CT_DEFINE_BINARY)
CT_BINARY_SCALAR(CT_DEFINE_BINARY_SCALAR)

// Shape

ct_tensor ct_contiguous(ct_tensor a) {
  return ct::tensor([&] { return a->value.contiguous(); });
}

ct_tensor ct_reshape(ct_tensor a, const int64_t *shape, size_t rank) {
  return ct::tensor([&] { return at::reshape(a->value, ints(shape, rank)); });
}

ct_tensor ct_view(ct_tensor a, const int64_t *shape, size_t rank) {
  return ct::tensor([&] { return a->value.view(ints(shape, rank)); });
}

ct_tensor ct_expand(ct_tensor a, const int64_t *shape, size_t rank) {
  return ct::tensor([&] { return a->value.expand(ints(shape, rank)); });
}

ct_tensor ct_transpose(ct_tensor a, int64_t axis, int64_t other) {
  return ct::tensor([&] { return at::transpose(a->value, axis, other); });
}

ct_tensor ct_permute(ct_tensor a, const int64_t *axes, size_t rank) {
  return ct::tensor([&] { return at::permute(a->value, ints(axes, rank)); });
}

ct_tensor ct_unsqueeze(ct_tensor a, int64_t axis) {
  return ct::tensor([&] { return at::unsqueeze(a->value, axis); });
}

ct_tensor ct_squeeze(ct_tensor a, int64_t axis) {
  return ct::tensor([&] { return at::squeeze(a->value, axis); });
}

ct_tensor ct_flatten(ct_tensor a, int64_t first, int64_t last) {
  return ct::tensor([&] { return at::flatten(a->value, first, last); });
}

ct_tensor ct_narrow(ct_tensor a, int64_t axis, int64_t start, int64_t count) {
  return ct::tensor([&] { return at::narrow(a->value, axis, start, count); });
}

ct_tensor ct_slice(ct_tensor a, int64_t axis, int64_t start, int64_t end, int64_t step) {
  return ct::tensor([&] { return at::slice(a->value, axis, start, end, step); });
}

ct_tensor ct_select(ct_tensor a, int64_t axis, int64_t index) {
  return ct::tensor([&] { return at::select(a->value, axis, index); });
}

ct_tensor ct_cat(const ct_tensor *tensors, size_t count, int64_t axis) {
  return ct::tensor([&] { return at::cat(ct::list(tensors, count), axis); });
}

ct_tensor ct_stack(const ct_tensor *tensors, size_t count, int64_t axis) {
  return ct::tensor([&] { return at::stack(ct::list(tensors, count), axis); });
}

ct_tensor ct_to(ct_tensor a, int32_t dtype, ct_device device, bool non_blocking) {
  return ct::tensor([&] {
    auto type = dtype < 0 ? a->value.scalar_type() : ct::type(dtype);
    return a->value.to(ct::device(device), type, non_blocking);
  });
}

ct_tensor ct_to_dtype(ct_tensor a, int32_t dtype) {
  return ct::tensor([&] { return a->value.to(ct::type(dtype)); });
}

// Lookup and choice

ct_tensor ct_embedding(ct_tensor weight, ct_tensor indices) {
  return ct::tensor([&] { return at::embedding(weight->value, indices->value); });
}

ct_tensor ct_index_select(ct_tensor a, int64_t axis, ct_tensor indices) {
  return ct::tensor([&] { return at::index_select(a->value, axis, indices->value); });
}

ct_tensor ct_gather(ct_tensor a, int64_t axis, ct_tensor indices) {
  return ct::tensor([&] { return at::gather(a->value, axis, indices->value); });
}

ct_tensor ct_masked_fill(ct_tensor a, ct_tensor mask, ct_scalar value) {
  return ct::tensor([&] { return at::masked_fill(a->value, mask->value, scalar(value)); });
}

ct_tensor ct_where(ct_tensor condition, ct_tensor a, ct_tensor b) {
  return ct::tensor([&] { return at::where(condition->value, a->value, b->value); });
}

// Reductions

ct_tensor ct_sum(ct_tensor a, const int64_t *axes, size_t count, bool keep) {
  return ct::tensor([&] { return count ? at::sum(a->value, ints(axes, count), keep) : at::sum(a->value); });
}

ct_tensor ct_mean(ct_tensor a, const int64_t *axes, size_t count, bool keep) {
  return ct::tensor([&] { return count ? at::mean(a->value, ints(axes, count), keep) : at::mean(a->value); });
}

ct_tensor ct_argmax(ct_tensor a, int64_t axis, bool keep) {
  return ct::tensor([&] { return at::argmax(a->value, axis, keep); });
}

ct_tensor ct_softmax(ct_tensor a, int64_t axis, int32_t dtype) {
  return ct::tensor([&] { return at::softmax(a->value, axis, ct::optional_type(dtype)); });
}

ct_tensor ct_log_softmax(ct_tensor a, int64_t axis, int32_t dtype) {
  return ct::tensor([&] { return at::log_softmax(a->value, axis, ct::optional_type(dtype)); });
}

// In place

int ct_copy_(ct_tensor target, ct_tensor source, bool non_blocking) {
  return ct::status([&] { target->value.copy_(source->value, non_blocking); });
}

int ct_add_(ct_tensor target, ct_tensor source, ct_scalar alpha) {
  return ct::status([&] { target->value.add_(source->value, scalar(alpha)); });
}

int ct_mul_scalar_(ct_tensor target, ct_scalar value) {
  return ct::status([&] { target->value.mul_(scalar(value)); });
}

int ct_fill_(ct_tensor target, ct_scalar value) {
  return ct::status([&] { target->value.fill_(scalar(value)); });
}

}  // extern "C"
