// Gradients, their recording, autocast, and checkpoints.

#include "include/ctorch_autograd.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>

#include "boundary.h"

using torch::autograd::variable_list;

namespace {

at::DeviceType device_type(int32_t type) { return static_cast<at::DeviceType>(type); }

ct_autocast read_autocast(int32_t type) {
  ct_autocast state{};
  state.cache = at::autocast::is_autocast_cache_enabled();
#if CT_AT_LEAST(2, 4)
  state.enabled = at::autocast::is_autocast_enabled(device_type(type));
  state.dtype = static_cast<int32_t>(at::autocast::get_autocast_dtype(device_type(type)));
#else
  bool cpu = device_type(type) == at::kCPU;
  state.enabled = cpu ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
  state.dtype = static_cast<int32_t>(
      cpu ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype());
#endif
  return state;
}

void write_autocast(int32_t type, ct_autocast state) {
  at::autocast::set_autocast_cache_enabled(state.cache);
#if CT_AT_LEAST(2, 4)
  at::autocast::set_autocast_dtype(device_type(type), ct::type(state.dtype));
  at::autocast::set_autocast_enabled(device_type(type), state.enabled);
#else
  if (device_type(type) == at::kCPU) {
    at::autocast::set_autocast_cpu_dtype(ct::type(state.dtype));
    at::autocast::set_cpu_enabled(state.enabled);
  } else {
    at::autocast::set_autocast_gpu_dtype(ct::type(state.dtype));
    at::autocast::set_enabled(state.enabled);
  }
#endif
}

/// Both devices' autocast, set for a scope and put back after it.
///
/// Without gradients the cache is off: a weight cast there has no history, and would be found later in the same
/// region by an operator that needs one.
class AutocastScope {
 public:
  explicit AutocastScope(ct_autocast cpu, ct_autocast cuda) : cpu_(read_autocast(0)), cuda_(read_autocast(1)) {
    at::autocast::increment_nesting();
    write_autocast(0, cpu);
    write_autocast(1, cuda);
  }
  ~AutocastScope() {
    write_autocast(0, cpu_);
    write_autocast(1, cuda_);
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  }
  AutocastScope(const AutocastScope &) = delete;
  AutocastScope &operator=(const AutocastScope &) = delete;

 private:
  ct_autocast cpu_, cuda_;
};

/// Somebody else's closure, let go of when the last that could call it is gone.
struct Capsule : torch::CustomClassHolder {
  ct_closure closure;
  void *context;
  void (*release)(void *);
  size_t outputs;
  ct_autocast cpu, cuda;
  Capsule(ct_closure closure, void *context, void (*release)(void *), size_t outputs)
      : closure(closure), context(context), release(release), outputs(outputs), cpu(read_autocast(0)),
        cuda(read_autocast(1)) {}
  ~Capsule() override { release(context); }

  variable_list run(const variable_list &inputs, bool recording) {
    c10::AutoGradMode mode(recording);
    auto on = [&](ct_autocast state) {
      state.cache = state.cache && recording;
      return state;
    };
    AutocastScope scope(on(cpu), on(cuda));
    std::vector<ct_tensor> handles, results(outputs, nullptr);
    for (const auto &input : inputs) handles.push_back(ct::own(at::Tensor(input)));
    int failure = closure(context, handles.data(), handles.size(), results.data());
    variable_list values;
    for (auto result : results) {
      if (result) values.push_back(result->value);
      ct_free(result);
    }
    for (auto handle : handles) ct_free(handle);
    TORCH_CHECK(!failure && values.size() == outputs, "the closure of a checkpoint failed");
    return values;
  }
};

/// As torch.utils.checkpoint (reentrant): nothing is recorded going forward; backward runs the closure again on
/// detached inputs and sends the gradients through it, so that those of captured parameters accumulate in their leaves.
struct Checkpoint : torch::autograd::Function<Checkpoint> {
  // Takes the list as an ArrayRef: libtorch 1.13 overlooks the tensors of a vector.
  static variable_list forward(
      torch::autograd::AutogradContext *context, c10::intrusive_ptr<Capsule> capsule, at::TensorList list) {
    auto inputs = list.vec();
    context->saved_data["capsule"] = c10::IValue::make_capsule(capsule);
    context->save_for_backward(inputs);
    inputs.pop_back();
    return capsule->run(inputs, false);
  }

  static variable_list backward(torch::autograd::AutogradContext *context, variable_list gradients) {
    auto capsule = c10::static_intrusive_pointer_cast<Capsule>(context->saved_data["capsule"].toCapsule());
    auto saved = context->get_saved_variables();
    saved.pop_back();
    variable_list inputs;
    for (const auto &input : saved) {
      inputs.push_back(input.detach().set_requires_grad(input.requires_grad()));
    }
    c10::AutoGradMode mode(true);
    auto outputs = capsule->run(inputs, true);
    variable_list roots, seeds;
    for (size_t i = 0; i < outputs.size(); i++) {
      if (!outputs[i].requires_grad() || !gradients[i].defined()) continue;
      roots.push_back(outputs[i]);
      seeds.push_back(gradients[i]);
    }
    if (!roots.empty()) torch::autograd::backward(roots, seeds);
    variable_list result{at::Tensor()};  // the capsule has none
    for (const auto &input : inputs) result.push_back(input.requires_grad() ? input.grad() : at::Tensor());
    result.emplace_back();  // nor has the anchor
    return result;
  }
};

}  // namespace

extern "C" {

bool ct_requires_grad(ct_tensor tensor) { return tensor->value.requires_grad(); }

int ct_set_requires_grad(ct_tensor tensor, bool wanted) {
  return ct::status([&] { tensor->value.set_requires_grad(wanted); });
}

bool ct_is_leaf(ct_tensor tensor) { return tensor->value.is_leaf(); }

int ct_backward(ct_tensor tensor, ct_tensor gradient, bool retain_graph) {
  return ct::status([&] {
    variable_list seeds;
    if (gradient) seeds.push_back(gradient->value);
    torch::autograd::backward({tensor->value}, seeds, retain_graph);
  });
}

int ct_gradients(
    const ct_tensor *outputs, const ct_tensor *seeds, size_t output_count, const ct_tensor *inputs,
    size_t input_count, bool retain_graph, bool create_graph, ct_tensor *gradients) {
  return ct::status([&] {
    auto results = torch::autograd::grad(
        ct::list(outputs, output_count), ct::list(inputs, input_count),
        seeds ? ct::list(seeds, output_count) : variable_list(), retain_graph, create_graph, true);
    for (size_t i = 0; i < input_count; i++) {
      gradients[i] = results[i].defined() ? ct::own(std::move(results[i])) : nullptr;
    }
  });
}

bool ct_has_grad(ct_tensor tensor) { return tensor->value.grad().defined(); }

ct_tensor ct_grad(ct_tensor tensor) {
  return ct::tensor([&] {
    at::Tensor gradient = tensor->value.grad();
    TORCH_CHECK(gradient.defined(), "the tensor has no gradient");
    return gradient;
  });
}

int ct_set_grad(ct_tensor tensor, ct_tensor gradient) {
  return ct::status([&] { tensor->value.mutable_grad() = ct::optional(gradient); });
}

bool ct_set_grad_mode(bool enabled) {
  bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(enabled);
  return before;
}

bool ct_grad_mode(void) { return c10::GradMode::is_enabled(); }

ct_autocast ct_autocast_state(int32_t type) {
  return ct::guarded(ct_autocast{}, [&] { return read_autocast(type); });
}

int ct_set_autocast(int32_t type, ct_autocast state) {
  return ct::status([&] { write_autocast(type, state); });
}

void ct_autocast_enter(void) { at::autocast::increment_nesting(); }

void ct_autocast_leave(void) {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
}

int ct_checkpoint(
    ct_closure closure, void *context, void (*release)(void *), const ct_tensor *inputs, size_t input_count,
    ct_tensor *outputs, size_t output_count) {
  // From here on the capsule alone lets go of the context.
  auto capsule = ct::guarded(c10::intrusive_ptr<Capsule>(), [&] {
    return c10::make_intrusive<Capsule>(closure, context, release, output_count);
  });
  if (!capsule) {
    release(context);
    return 1;
  }
  return ct::status([&] {
    auto list = ct::list(inputs, input_count);
    // Parameters that the closure captures need gradients even where no input does: the anchor makes the node exist.
    list.push_back(at::zeros({}).set_requires_grad(c10::GradMode::is_enabled()));
    auto results = Checkpoint::apply(capsule, at::TensorList(list));
    for (size_t i = 0; i < output_count; i++) outputs[i] = ct::own(std::move(results[i]));
  });
}

}  // extern "C"
