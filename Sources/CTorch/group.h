#pragma once

// What the files about ranks share.

// c10d's header hides Gloo's group without it.
#define USE_C10D_GLOO 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "include/ctorch_group.h"

/// When each rank's pulse was last seen to beat.
class pulse_watch {
 public:
  /// Whether a pulse has stood still for too long.
  bool has_stopped(int rank, const std::string &number);

 private:
  struct seen {
    std::string number;
    std::chrono::steady_clock::time_point since;
  };
  std::map<int, seen> ranks;
  std::chrono::steady_clock::time_point looked;
};

struct ct_group_s {
  int32_t rank = 0, size = 1;
  std::string name;
  /// Where the ranks meet, for what is answered at once; Gloo has a connection of its own, in which it may be waiting.
  c10::intrusive_ptr<c10d::TCPStore> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::thread heart;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_leaving = false;
  /// Whether this rank has waited for the others to know the verdict.
  bool has_stayed = false;
  std::string word = "joining";
  /// Words of rank 0's that were posted, or waited for.
  uint64_t posted = 0;

  ~ct_group_s();
  void meet(const ct_group_options &options);
  void connect(const ct_group_options &options);
  void check_pulses(pulse_watch &watch);
  void beat();
  std::string culprits();
  void stay();
  void fail(const std::string &message);
  void post(const std::vector<uint8_t> &bytes);
  std::vector<uint8_t> await();
  void sum(at::Tensor tensor);
};
