// Handles, facts, creation.

#include "boundary.h"

#include <cstdlib>
#include <cstring>
#include <sstream>

#include <ATen/ops/from_blob.h>

namespace ct {

std::atomic<int64_t> live{0};

static thread_local std::string message;

void remember(const char *text) {
  try {
    message = text ? text : "";
  } catch (...) {
    message.clear();  // no memory for the message: an empty one is still a failure
  }
}

char *text(const std::string &value) { return strdup(value.c_str()); }

}  // namespace ct

extern "C" {

const char *ct_last_error(void) { return ct::message.c_str(); }

void ct_free(ct_tensor tensor) {
  if (!tensor) return;
  ct::live.fetch_sub(1, std::memory_order_relaxed);
  delete tensor;
}

int64_t ct_live_handles(void) { return ct::live.load(std::memory_order_relaxed); }

ct_tensor ct_retain(ct_tensor tensor) {
  return ct::tensor([&] { return at::Tensor(tensor->value); });
}

int64_t ct_rank(ct_tensor tensor) { return tensor->value.dim(); }

void ct_shape(ct_tensor tensor, int64_t *extents) {
  auto sizes = tensor->value.sizes();
  std::copy(sizes.begin(), sizes.end(), extents);
}

void ct_strides(ct_tensor tensor, int64_t *strides) {
  auto steps = tensor->value.strides();
  std::copy(steps.begin(), steps.end(), strides);
}

int64_t ct_count(ct_tensor tensor) { return tensor->value.numel(); }

int32_t ct_dtype(ct_tensor tensor) { return static_cast<int32_t>(tensor->value.scalar_type()); }

ct_device ct_device_of(ct_tensor tensor) {
  auto device = tensor->value.device();
  return {static_cast<int32_t>(device.type()), static_cast<int32_t>(device.index())};
}

bool ct_is_contiguous(ct_tensor tensor) { return tensor->value.is_contiguous(); }

bool ct_is_same(ct_tensor a, ct_tensor b) { return a->value.is_same(b->value); }

void *ct_data(ct_tensor tensor) {
  return ct::guarded(static_cast<void *>(nullptr), [&] { return tensor->value.data_ptr(); });
}

int64_t ct_storage_bytes(ct_tensor tensor) {
  return ct::guarded(int64_t{0}, [&] { return static_cast<int64_t>(tensor->value.storage().nbytes()); });
}

int ct_item_double(ct_tensor tensor, double *out) {
  return ct::status([&] { *out = tensor->value.item().toDouble(); });
}

int ct_item_int(ct_tensor tensor, int64_t *out) {
  return ct::status([&] { *out = tensor->value.item().toLong(); });
}

int ct_copy_out(ct_tensor tensor, void *target, size_t bytes) {
  return ct::status([&] {
    c10::NoGradGuard guard;
    auto source = tensor->value.to(at::kCPU).contiguous();
    TORCH_CHECK(source.nbytes() == bytes, "the tensor has ", source.nbytes(), " bytes, not ", bytes);
    if (bytes > 0) std::memcpy(target, source.data_ptr(), bytes);
  });
}

char *ct_text(ct_tensor tensor) {
  return ct::guarded(static_cast<char *>(nullptr), [&] {
    std::ostringstream stream;
    stream << tensor->value;
    return ct::text(stream.str());
  });
}

ct_tensor ct_empty(const int64_t *shape, size_t rank, int32_t dtype, ct_device device) {
  return ct::tensor([&] { return at::empty(ct::ints(shape, rank), ct::options(dtype, device)); });
}

ct_tensor ct_full(const int64_t *shape, size_t rank, ct_scalar value, int32_t dtype, ct_device device) {
  return ct::tensor(
      [&] { return at::full(ct::ints(shape, rank), ct::scalar(value), ct::options(dtype, device)); });
}

ct_tensor ct_arange(ct_scalar start, ct_scalar end, ct_scalar step, int32_t dtype, ct_device device) {
  return ct::tensor([&] {
    return at::arange(ct::scalar(start), ct::scalar(end), ct::scalar(step), ct::options(dtype, device));
  });
}

ct_tensor ct_random(const int64_t *shape, size_t rank, bool normal, int32_t dtype, ct_device device) {
  return ct::tensor([&] {
    auto sizes = ct::ints(shape, rank);
    auto options = ct::options(dtype, device);
    return normal ? at::randn(sizes, options) : at::rand(sizes, options);
  });
}

ct_tensor ct_from_bytes(const void *bytes, const int64_t *shape, size_t rank, int32_t dtype) {
  return ct::tensor([&] {
    auto result = at::empty(ct::ints(shape, rank), at::TensorOptions().dtype(ct::type(dtype)));
    if (result.nbytes() > 0) std::memcpy(result.data_ptr(), bytes, result.nbytes());
    return result;
  });
}

ct_tensor ct_from_memory(
    void *memory, const int64_t *shape, size_t rank, int32_t dtype, void (*release)(void *), void *context) {
  bool taken = false;
  auto handle = ct::tensor([&] {
    auto options = at::TensorOptions().dtype(ct::type(dtype));
    // An empty block has no address to share, and from_blob would not keep the deleter of NULL.
    TORCH_CHECK(memory != nullptr, "memory to share has no address");
    auto result = at::from_blob(
        memory, ct::ints(shape, rank),
        [release, context](void *) { release(context); }, options);
    taken = true;
    return result;
  });
  if (!handle && !taken) release(context);
  return handle;
}

}  // extern "C"
