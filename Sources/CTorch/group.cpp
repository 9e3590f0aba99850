// Ranks: the store where they meet, their pulse, and Gloo's collectives.

#include "group.h"

#include <cstdlib>
#include <cstring>

#include <future>
#include <sstream>
#include <stdexcept>

#include "boundary.h"

namespace {

using namespace std::chrono_literals;

constexpr auto pulse_interval = 300ms;
/// A pulse that stands still for so long has stopped.
constexpr auto pulse_silence = 1500ms;
/// How long rank 0 keeps the store for those that have not asked yet.
constexpr auto farewell = 10s;
/// How long rank 0's pulse may stand still before who waits for its word gives up: a machine may be busy.
constexpr auto patience = 30s;
/// How long a pulse may stand still while the ranks meet.
constexpr auto meeting_patience = 10s;
/// How long rank 0 waits for the others before it says who is missing, and how often then.
constexpr auto first_notice = 10s, next_notice = 60s;

std::vector<uint8_t> bytes(const std::string &text) { return {text.begin(), text.end()}; }
std::string words(const std::vector<uint8_t> &bytes) { return {bytes.begin(), bytes.end()}; }
std::string pulse_key(int rank) { return "pulse/" + std::to_string(rank); }
const std::string verdict_key = "verdict", living_key = "living";
constexpr auto leader_is_gone = "rank 0 (where the ranks meet) stopped answering";

/// Who is to blame, in words for a person.
struct verdict_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

c10::intrusive_ptr<c10d::TCPStore> open_store(const ct_group_options &options, bool serves) {
  c10d::TCPStoreOptions store;
  store.port = options.port;
  store.isServer = serves;
  store.numWorkers = static_cast<size_t>(options.size);
  store.waitWorkers = false;
  store.timeout = std::chrono::milliseconds(options.timeout_milliseconds);
  return c10::make_intrusive<c10d::TCPStore>(options.host, store);
}

}  // namespace

// MARK: the pulse

void ct_group_s::beat() {
  uint64_t number = 0;
  std::unique_lock<std::mutex> lock(mutex);
  while (!is_leaving) {
    const std::string pulse = std::to_string(++number) + " " + name + ": " + word;
    lock.unlock();
    try {
      store->set(pulse_key(rank), bytes(pulse));
    } catch (...) {
      return;  // The store is gone; the collectives will say so.
    }
    lock.lock();
    changed.wait_for(lock, pulse_interval, [this] { return is_leaving; });
  }
}

/// A pulse's number and what the rank said.
static std::pair<std::string, std::string> cut(const std::string &pulse) {
  const auto space = pulse.find(' ');
  return {pulse.substr(0, space), space == std::string::npos ? "" : pulse.substr(space + 1)};
}

/// Says that this rank knows the verdict. Rank 0 stays until all that live do, since the store goes with it.
void ct_group_s::stay() {
  if (has_stayed) return;
  has_stayed = true;
  store->add("asked", 1);
  if (rank != 0) return;
  const auto living = store->check({living_key}) ? std::stoll(words(store->get(living_key))) : size;
  const auto end = std::chrono::steady_clock::now() + farewell;
  while (std::chrono::steady_clock::now() < end && store->add("asked", 0) < living) {
    std::this_thread::sleep_for(50ms);
  }
}

ct_group_s::~ct_group_s() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    is_leaving = true;
  }
  changed.notify_all();
  if (heart.joinable()) heart.join();
}

void ct_group_s::fail(const std::string &message) {
  store->compareSet(verdict_key, {}, bytes("rank " + std::to_string(rank) + " (" + name + ") failed: " + message));
  stay();
}

std::string ct_group_s::culprits() {
  std::string verdict;
  try {
    if (store->check({verdict_key})) {
      verdict = words(store->get(verdict_key));
    } else {
      std::map<int, std::string> before;
      int living = size;
      for (int other = 0; other < size; other++) {
        if (other == rank) continue;
        if (store->check({pulse_key(other)})) {
          before[other] = words(store->get(pulse_key(other)));
        } else {
          living--;  // It has not come yet.
        }
      }
      std::this_thread::sleep_for(pulse_silence);
      for (const auto &[other, pulse] : before) {
        const auto now = words(store->get(pulse_key(other)));
        if (cut(now).first != cut(pulse).first) continue;
        verdict += (verdict.empty() ? "rank " : "; rank ") + std::to_string(other) + " (" + cut(now).second + ")";
        living--;
      }
      if (!verdict.empty()) {
        verdict += " stopped answering";
      } else {
        // All are alive: one of them stands still, and their words tell which.
        verdict = "all ranks are alive, and one stands still";
        for (const auto &[other, pulse] : before) {
          verdict += "; rank " + std::to_string(other) + " (" + cut(pulse).second + ")";
        }
      }
      store->set(living_key, bytes(std::to_string(living)));
      // Whoever was first has the word.
      verdict = words(store->compareSet(verdict_key, {}, bytes(verdict)));
    }
    stay();
  } catch (...) {
    if (rank != 0) verdict = leader_is_gone;
  }
  return verdict;
}

// MARK: rank 0's word

void ct_group_s::post(const std::vector<uint8_t> &bytes) { store->set("post/" + std::to_string(posted++), bytes); }

std::vector<uint8_t> ct_group_s::await() {
  const std::string number = std::to_string(posted++), key = "post/" + number;
  auto seen = std::chrono::steady_clock::now();
  std::string pulse;
  auto pause = 1ms;
  while (!store->check({key})) {
    TORCH_CHECK(!store->check({verdict_key}), "another rank failed");
    const auto now = std::chrono::steady_clock::now();
    if (auto beat = cut(words(store->get(pulse_key(0)))).first; beat != pulse) {
      pulse = beat;
      seen = now;
    }
    TORCH_CHECK(now - seen < patience, "rank 0 says nothing any more");
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, 64ms);
  }
  auto found = store->get(key);
  if (store->add("read/" + number, 1) == size - 1) {
    store->deleteKey(key);
    store->deleteKey("read/" + number);
  }
  return found;
}

// MARK: collectives

void ct_group_s::sum(at::Tensor tensor) {
  TORCH_CHECK(tensor.is_contiguous(), "a tensor that is summed over ranks must be contiguous");
  std::vector<at::Tensor> tensors{std::move(tensor)};
  gloo->allreduce(tensors)->wait();
}

// MARK: meeting

bool pulse_watch::has_stopped(int rank, const std::string &number) {
  const auto now = std::chrono::steady_clock::now();
  // Who has not looked for so long was stopped itself, and the others could not tell it anything.
  if (now - looked > meeting_patience / 2) ranks.clear();
  looked = now;
  auto &last = ranks[rank];
  if (last.number != number) last = {number, now};
  return now - last.since > meeting_patience;
}

/// Ranks in words, the first eight by their numbers.
static std::string list(const std::vector<int> &ranks) {
  std::string text;
  for (size_t i = 0; i < ranks.size() && i < 8; i++) text += (i ? ", rank " : "rank ") + std::to_string(ranks[i]);
  return ranks.size() > 8 ? text + " and " + std::to_string(ranks.size() - 8) + " more" : text;
}

/// Throws where a rank has failed, or its pulse stands still. Rank 0 looks at all that have come; the others at its verdict,
/// and find by themselves where its store is gone.
void ct_group_s::check_pulses(pulse_watch &watch) {
  if (store->check({verdict_key})) throw verdict_error(culprits());
  if (rank != 0) return;
  for (int other = 1; other < size; other++) {
    if (!store->check({pulse_key(other)})) continue;
    if (watch.has_stopped(other, cut(words(store->get(pulse_key(other)))).first)) {
      throw verdict_error(culprits());
    }
  }
}

/// Waits until every rank has come to the store, so that one that does not is named.
void ct_group_s::meet(const ct_group_options &options) {
  std::vector<std::string> keys;
  for (int other = 0; other < size; other++) keys.push_back(pulse_key(other));
  const auto timeout = std::chrono::milliseconds(options.timeout_milliseconds);
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [](auto time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); };
  auto notice = start + first_notice, look = start;
  auto pause = 1ms;
  pulse_watch watch;
  while (!store->check(keys)) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= look) {
      check_pulses(watch);
      look = now + 1s;
    }
    const bool is_late = now - start >= timeout, speaks = rank == 0 && now >= notice;
    if (is_late || speaks) {
      std::vector<int> missing;
      for (int other = 0; other < size; other++) {
        if (!store->check({keys[other]})) missing.push_back(other);
      }
      if (is_late && !missing.empty()) {
        std::ostringstream text;
        text << list(missing) << " did not come within " << timeout.count() / 1000.0 << " s";
        store->compareSet(living_key, {}, bytes(std::to_string(size - static_cast<int>(missing.size()))));
        store->compareSet(verdict_key, {}, bytes(text.str()));
        throw verdict_error(culprits());
      }
      if (speaks && options.say) {
        const auto text = "still waiting for " + list(missing) + " (" + std::to_string(seconds(now - start)) + " of " +
                          std::to_string(seconds(timeout)) + " s)";
        if (!missing.empty()) options.say(options.listener, text.c_str());
        notice = now + next_notice;
      }
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, 128ms);
  }
}

/// Connects all ranks with each other. Gloo does it in a thread of its own, which nothing wakes where it waits for a rank that
/// has died meanwhile: then it is left behind.
void ct_group_s::connect(const ct_group_options &options) {
  using group_pointer = c10::intrusive_ptr<c10d::ProcessGroupGloo>;
  auto gloo_options = c10d::ProcessGroupGloo::Options::create(std::chrono::milliseconds(options.timeout_milliseconds));
  gloo_options->devices.push_back(
      options.interface_name ? c10d::ProcessGroupGloo::createDeviceForInterface(options.interface_name)
      : options.own_address  ? c10d::ProcessGroupGloo::createDeviceForHostname(options.own_address)
                             : c10d::ProcessGroupGloo::createDefaultDevice());
  // One thread: collectives go out in the order in which they are asked for.
  gloo_options->threads = 1;
  auto prefix = c10::make_intrusive<c10d::PrefixStore>("gloo", open_store(options, false));
  auto task = std::make_shared<std::packaged_task<group_pointer()>>([prefix, gloo_options, rank = rank, size = size] {
    auto made = c10::make_intrusive<c10d::ProcessGroupGloo>(prefix, rank, size, gloo_options);
    made->barrier()->wait();
    return made;
  });
  auto connected = task->get_future();
  std::thread([task] { (*task)(); }).detach();
  pulse_watch watch;
  while (connected.wait_for(1s) != std::future_status::ready) check_pulses(watch);
  try {
    gloo = connected.get();
  } catch (const std::exception &error) {
    const auto found = culprits();
    throw verdict_error(found.empty() ? error.what() : found + " (" + error.what() + ")");
  }
}

extern "C" {

ct_group ct_group_join(ct_group_options options) {
  return ct::guarded(static_cast<ct_group>(nullptr), [&] {
    auto group = std::make_unique<ct_group_s>();
    group->rank = options.rank;
    group->size = options.size;
    group->name = options.name;
    group->store = open_store(options, options.rank == 0);
    group->heart = std::thread([raw = group.get()] { raw->beat(); });
    try {
      group->meet(options);
      group->connect(options);
    } catch (const verdict_error &) {
      throw;
    } catch (const std::exception &error) {
      // The store's own words name nobody.
      if (options.rank == 0) throw;
      throw verdict_error(std::string(leader_is_gone) + " (" + error.what() + ")");
    }
    ct_group_tell(group.get(), "joined");
    return group.release();
  });
}

void ct_group_leave(ct_group group) {
  ct::status([&] { delete group; });
}

void ct_group_tell(ct_group group, const char *word) {
  std::lock_guard<std::mutex> lock(group->mutex);
  group->word = word;
}

char *ct_group_culprits(ct_group group) {
  return ct::guarded(static_cast<char *>(nullptr), [&] {
    const auto found = group->culprits();
    return found.empty() ? nullptr : ct::text(found);
  });
}

int ct_group_fail(ct_group group, const char *message) {
  return ct::status([&] { group->fail(message); });
}

int ct_group_post(ct_group group, const uint8_t *bytes, size_t count) {
  return ct::status([&] { group->post(std::vector<uint8_t>(bytes, bytes + count)); });
}

uint8_t *ct_group_await(ct_group group, size_t *count) {
  return ct::guarded(static_cast<uint8_t *>(nullptr), [&] {
    const auto found = group->await();
    auto copy = static_cast<uint8_t *>(std::malloc(std::max<size_t>(found.size(), 1)));
    TORCH_CHECK(copy, "no memory for rank 0's ", found.size(), " bytes");
    std::memcpy(copy, found.data(), found.size());
    *count = found.size();
    return copy;
  });
}

int ct_group_sum(ct_group group, ct_tensor tensor) {
  return ct::status([&] { group->sum(tensor->value); });
}

int ct_group_broadcast(ct_group group, ct_tensor tensor, int32_t from) {
  return ct::status([&] {
    TORCH_CHECK(tensor->value.is_contiguous(), "a tensor that is given to all ranks must be contiguous");
    std::vector<at::Tensor> tensors{tensor->value};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    group->gloo->broadcast(tensors, options)->wait();
  });
}

int ct_group_barrier(ct_group group) {
  return ct::status([&] { group->gloo->barrier()->wait(); });
}

uint8_t *ct_group_gather(ct_group group, const uint8_t *own, size_t count, size_t *counts) {
  return ct::guarded(static_cast<uint8_t *>(nullptr), [&] {
    c10::NoGradGuard guard;
    const auto size = static_cast<size_t>(group->size), rank = static_cast<size_t>(group->rank);
    auto numbers = at::zeros({group->size}, at::kLong);
    numbers.data_ptr<int64_t>()[rank] = static_cast<int64_t>(count);
    group->sum(numbers);
    size_t total = 0, longest = 1;
    for (size_t i = 0; i < size; i++) {
      counts[i] = static_cast<size_t>(numbers.data_ptr<int64_t>()[i]);
      total += counts[i];
      longest = std::max(longest, counts[i]);
    }
    auto mine = at::zeros({static_cast<int64_t>(longest)}, at::kByte);
    if (count > 0) std::memcpy(mine.data_ptr<uint8_t>(), own, count);
    std::vector<at::Tensor> inputs{mine};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (size_t i = 0; i < size; i++) outputs[0].push_back(at::empty_like(mine));
    group->gloo->allgather(outputs, inputs)->wait();
    auto all = static_cast<uint8_t *>(std::malloc(std::max<size_t>(total, 1)));
    TORCH_CHECK(all, "no memory for ", total, " bytes of all ranks");
    for (size_t i = 0, at = 0; i < size; at += counts[i++]) {
      std::memcpy(all + at, outputs[0][i].data_ptr<uint8_t>(), counts[i]);
    }
    return all;
  });
}

}  // extern "C"
