// Gradients added up over ranks, bucket by bucket, while the way back goes on (Li et al. 2020, "PyTorch Distributed"). Where
// leaves are owned, each bucket's sum goes to its owner alone, and its moved leaves go from there to all (Rajbhandari et al.
// 2020, "ZeRO", stage 1). Gloo has no reduce-scatter: it is a reduction to each owner, bucket by bucket.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "boundary.h"
#include "group.h"

struct ct_reducer_s {
  struct bucket {
    std::vector<size_t> leaves;
    std::vector<int64_t> offsets;
    at::Tensor flat;
    size_t missing = 0;
    /// Whose leaves they are; -1 for everyone's.
    int owner = -1;
    c10::intrusive_ptr<c10d::Work> work;
  };

  struct leaf {
    at::Tensor value;
    /// Kept alive: the hook hangs on it, and the leaf itself holds it weakly.
    std::shared_ptr<torch::autograd::Node> accumulator;
    uintptr_t hook = 0;
    size_t bucket = 0, place = 0;
    bool is_ready = false;
  };

  ct_group_s *group;
  std::vector<leaf> leaves;
  std::vector<bucket> buckets;
  /// The first bucket that is not sent: ranks send in one order, whatever comes first.
  size_t next = 0;
  int64_t early = 0;
  bool is_armed = false;

  void fill(size_t index) {
    auto &leaf = leaves[index];
    auto &bucket = buckets[leaf.bucket];
    auto slot = bucket.flat.narrow(0, bucket.offsets[leaf.place], leaf.value.numel());
    const auto &gradient = leaf.value.grad();
    if (gradient.defined()) {
      slot.view(leaf.value.sizes()).copy_(gradient);
    } else {
      slot.zero_();
    }
    leaf.is_ready = true;
    bucket.missing--;
  }

  void send() {
    auto &bucket = buckets[next++];
    std::vector<at::Tensor> tensors{bucket.flat};
    if (bucket.owner < 0) {
      bucket.work = group->gloo->allreduce(tensors);
    } else {
      c10d::ReduceOptions options;
      options.rootRank = bucket.owner;
      bucket.work = group->gloo->reduce(tensors, options);
    }
  }

  bool is_own(const bucket &bucket) const { return bucket.owner < 0 || bucket.owner == group->rank; }

  void share() {
    c10::NoGradGuard guard;
    for (auto &bucket : buckets) {
      if (bucket.owner < 0) continue;
      for (size_t place = 0; is_own(bucket) && place < bucket.leaves.size(); place++) {
        const auto &value = leaves[bucket.leaves[place]].value;
        bucket.flat.narrow(0, bucket.offsets[place], value.numel()).view(value.sizes()).copy_(value);
      }
      std::vector<at::Tensor> tensors{bucket.flat};
      c10d::BroadcastOptions options;
      options.rootRank = bucket.owner;
      bucket.work = group->gloo->broadcast(tensors, options);
    }
    for (auto &bucket : buckets) {
      if (bucket.owner < 0) continue;
      bucket.work->wait();
      for (size_t place = 0; !is_own(bucket) && place < bucket.leaves.size(); place++) {
        auto &value = leaves[bucket.leaves[place]].value;
        value.copy_(bucket.flat.narrow(0, bucket.offsets[place], value.numel()).view(value.sizes()));
      }
    }
  }

  void came(size_t index) {
    if (!is_armed || leaves[index].is_ready) return;
    c10::NoGradGuard guard;
    fill(index);
    while (next < buckets.size() && buckets[next].missing == 0) send();
  }

  void arm() {
    for (auto &leaf : leaves) leaf.is_ready = false;
    for (auto &bucket : buckets) {
      bucket.missing = bucket.leaves.size();
      bucket.work.reset();
    }
    next = 0;
    is_armed = true;
  }

  void finish() {
    TORCH_CHECK(is_armed, "gradients are added up once a step");
    c10::NoGradGuard guard;
    is_armed = false;
    early = static_cast<int64_t>(next);
    for (size_t index = 0; index < leaves.size(); index++) {
      if (!leaves[index].is_ready) fill(index);
    }
    while (next < buckets.size()) send();
    // Who has a gradient anywhere.
    auto owners = at::zeros({static_cast<int64_t>(leaves.size())}, at::kInt);
    for (size_t index = 0; index < leaves.size(); index++) {
      owners.data_ptr<int32_t>()[index] = leaves[index].value.grad().defined() ? 1 : 0;
    }
    group->sum(owners);
    for (auto &bucket : buckets) {
      bucket.work->wait();
      for (size_t place = 0; place < bucket.leaves.size(); place++) {
        auto &leaf = leaves[bucket.leaves[place]];
        if (!is_own(bucket)) {
          leaf.value.mutable_grad() = at::Tensor();
          continue;
        }
        if (owners.data_ptr<int32_t>()[bucket.leaves[place]] == 0) continue;
        auto sum = bucket.flat.narrow(0, bucket.offsets[place], leaf.value.numel()).view(leaf.value.sizes());
        if (leaf.value.grad().defined()) {
          leaf.value.mutable_grad().copy_(sum);
        } else {
          leaf.value.mutable_grad() = sum.clone();
        }
      }
    }
  }

  ~ct_reducer_s() {
    for (auto &leaf : leaves) {
      if (leaf.accumulator && leaf.hook) leaf.accumulator->del_post_hook(leaf.hook);
    }
  }
};

extern "C" {

ct_reducer ct_reducer_make(ct_group group, const ct_tensor *handles, size_t count, int64_t bucket_bytes,
                           bool is_owned) {
  return ct::guarded(static_cast<ct_reducer>(nullptr), [&] {
    auto reducer = std::make_unique<ct_reducer_s>();
    reducer->group = group;
    reducer->leaves.resize(count);
    std::vector<int64_t> lengths;
    // Owners in turn along the leaves, about as many bytes for each.
    int64_t all = 0, before = 0;
    for (size_t index = 0; index < count; index++) all += static_cast<int64_t>(handles[index]->value.nbytes());
    for (size_t step = 0; step < count; step++) {
      const size_t index = count - 1 - step;
      auto &leaf = reducer->leaves[index];
      leaf.value = handles[index]->value;
      TORCH_CHECK(leaf.value.is_leaf() && leaf.value.requires_grad(), "only leaves are watched");
      const auto bytes = static_cast<int64_t>(leaf.value.nbytes());
      const auto middle = before + bytes / 2;
      before += bytes;
      const int owner = is_owned ? static_cast<int>(std::min<int64_t>(middle * group->size / std::max<int64_t>(all, 1),
                                                                      group->size - 1))
                                 : -1;
      const bool fits = !reducer->buckets.empty() && [&] {
        const auto &last = reducer->leaves[reducer->buckets.back().leaves[0]].value;
        return reducer->buckets.back().owner == owner && last.scalar_type() == leaf.value.scalar_type() && last.device() == leaf.value.device() &&
               (lengths.back() + leaf.value.numel()) * static_cast<int64_t>(leaf.value.element_size()) <= bucket_bytes;
      }();
      if (!fits) {
        reducer->buckets.emplace_back();
        reducer->buckets.back().owner = owner;
        lengths.push_back(0);
      }
      auto &bucket = reducer->buckets.back();
      leaf.bucket = reducer->buckets.size() - 1;
      leaf.place = bucket.leaves.size();
      bucket.leaves.push_back(index);
      bucket.offsets.push_back(lengths.back());
      lengths.back() += leaf.value.numel();
    }
    for (size_t number = 0; number < reducer->buckets.size(); number++) {
      auto &bucket = reducer->buckets[number];
      bucket.flat = at::zeros({lengths[number]}, reducer->leaves[bucket.leaves[0]].value.options().requires_grad(false));
    }
    for (size_t index = 0; index < count; index++) {
      auto &leaf = reducer->leaves[index];
      leaf.accumulator = torch::autograd::impl::grad_accumulator(leaf.value);
      using list = std::vector<torch::autograd::Variable>;
      leaf.hook = leaf.accumulator->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
          [raw = reducer.get(), index](const list &outputs, const list &) {
            raw->came(index);
            return outputs;
          }));
    }
    return reducer.release();
  });
}

void ct_reducer_free(ct_reducer reducer) {
  ct::status([&] { delete reducer; });
}

int ct_reducer_arm(ct_reducer reducer) {
  return ct::status([&] { reducer->arm(); });
}

int ct_reducer_finish(ct_reducer reducer) {
  return ct::status([&] { reducer->finish(); });
}

int ct_reducer_share(ct_reducer reducer) {
  return ct::status([&] { reducer->share(); });
}

int32_t ct_reducer_owner(ct_reducer reducer, size_t leaf) {
  return reducer->buckets[reducer->leaves[leaf].bucket].owner;
}

void ct_reducer_facts(ct_reducer reducer, int64_t *buckets, int64_t *early) {
  *buckets = static_cast<int64_t>(reducer->buckets.size());
  *early = reducer->early;
}

}  // extern "C"
