// A launch, as Python calls it.
#include "announcements.h"
#include "block.h"
#include "signals.h"

#include <cstdlib>
#include <cstring>
#include <link.h>
#include <vector>

namespace kn {

// Python fills this struct: see modules.py.
struct Launch {
  Run run;
  void* const* arguments;
  char* (*shared_anchor)();      // somewhere in the calling thread's static shared memory
  std::int64_t shared_offset;    // from there to its start
  std::uint64_t shared_bytes;    // of static shared memory
  std::uint64_t dynamic_bytes;   // of dynamic shared memory
  std::uint32_t grid[3];
  std::uint32_t block[3];
  std::uint64_t first_block;     // of those to run, counted with x fastest
  std::uint64_t end_block;
  Direction direction;
  std::uint32_t unused;
  std::uint64_t seed;
};

namespace {

// All bits set is a NaN of any width and an index out of any bounds: what a kernel reads before it
// has written it shows.
constexpr int uninitialised = 0xff;

// The memory that the threads of a block share, clean for each block.
class SharedMemory {
 public:
  explicit SharedMemory(const Launch& launch)
      : fixed_(launch.shared_anchor() + launch.shared_offset),
        fixed_bytes_(launch.shared_bytes),
        dynamic_bytes_(launch.dynamic_bytes) {
#ifdef KN_ADDRESS
    // Without its red zones, which are part of the region and whose bytes do not matter.
    fixed_bytes_ = 0;
#endif
  }

  ~SharedMemory() {
    for (char* each : all_) std::free(each);
  }

  // Null if there is no memory.
  char* provide() {
    if (fixed_bytes_ && (must_clean_ || has_waited())) {
      begin_anew(fixed_, fixed_bytes_);
      std::memset(fixed_, uninitialised, fixed_bytes_);
    }
    must_clean_ = always_clean;
    char* dynamic = take();
    if (!dynamic) return nullptr;
    std::memset(dynamic, uninitialised, dynamic_bytes_);
    std::memset(dynamic + dynamic_bytes_, canary, margin);
    return dynamic;
  }

  // Whether nobody wrote behind the dynamic memory.
  bool is_intact() const {
    for (std::size_t i = 0; i < margin; ++i)
      if (all_.back()[dynamic_bytes_ + i] != canary) return false;
    return true;
  }

 private:
#if defined(KN_ADDRESS) || defined(KN_THREAD)
  // The sanitizers follow malloc: exactly this long, and another one for each block. They are freed
  // when the launch is over, since until then a free would be a race with the threads' accesses.
  static constexpr std::size_t margin = 0;
  char* take() {
    all_.push_back(static_cast<char*>(std::malloc(dynamic_bytes_)));
    return all_.back();
  }
#else
  static constexpr std::size_t margin = 64;
  char* take() {
    if (all_.empty()) all_.push_back(static_cast<char*>(std::malloc(dynamic_bytes_ + margin)));
    return all_.back();
  }
#endif
  static constexpr char canary = 0x5a;

  // A module's region is that of all its kernels, and a kernel whose threads never wait for each
  // other shares nothing: a block after the first need not clean up behind it.
#ifdef KN_THREAD
  static constexpr bool always_clean = true;
#else
  static constexpr bool always_clean = false;
#endif
  bool must_clean_ = true;

  char* fixed_;
  std::size_t fixed_bytes_;
  std::size_t dynamic_bytes_;
  std::vector<char*> all_;
};

void blame_block(Fault* fault, const char* text) {
  std::memcpy(fault->block, &blockIdx, sizeof fault->block);
  std::memset(fault->thread, 0xff, sizeof fault->thread);  // none in particular
  std::strncpy(fault->text, text, sizeof fault->text - 1);
}

bool run_all(const Launch& launch, SharedMemory& shared, Fault* fault) {
  Order order(launch.direction, launch.seed);
  begin_grid(launch.run, launch.arguments, order, fault);
  const std::uint64_t count = launch.end_block - launch.first_block;
  order.draw(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = launch.first_block + order.at(i);
    const std::uint64_t row = number / launch.grid[0];
    blockIdx = {static_cast<unsigned>(number % launch.grid[0]),
                static_cast<unsigned>(row % launch.grid[1]),
                static_cast<unsigned>(row / launch.grid[1])};
    char* dynamic = shared.provide();
    if (!dynamic) {
      blame_block(fault, "there is no memory for the block's dynamic shared memory");
      return false;
    }
    if (!run_block(dynamic)) return false;
    if (!shared.is_intact()) {
      blame_block(fault, "the block wrote beyond the end of its dynamic shared memory");
      return false;
    }
  }
  return true;
}

struct Region {
  char* anchor;
  std::int64_t offset;
  std::uint64_t bytes;
};

// Static shared memory is thread-local memory: one segment a module, which holds nothing else.
int look_for_region(dl_phdr_info* info, std::size_t, void* data) {
  Region& region = *static_cast<Region*>(data);
  char* start = static_cast<char*>(info->dlpi_tls_data);
  if (!start) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_TLS) continue;
    if (region.anchor < start || region.anchor >= start + header.p_memsz) continue;
    region.offset = start - region.anchor;
    region.bytes = header.p_memsz;
    return 1;
  }
  return 0;
}

}  // namespace

// Where a module's static shared memory is, from its anchor. Zero bytes if there is none.
extern "C" __attribute__((visibility("default"))) void kn_shared_region(char* (*anchor)(),
                                                                         std::int64_t* offset,
                                                                         std::uint64_t* bytes) {
  Region region = {anchor(), 0, 0};
  dl_iterate_phdr(look_for_region, &region);
  *offset = region.offset;
  *bytes = region.bytes;
}

// Runs a kernel. 0, or 1 if it failed and *fault says how.
extern "C" __attribute__((visibility("default"))) int kn_launch(const Launch* launch,
                                                                 Fault* fault) {
  *fault = Fault();
  gridDim = dim3(launch->grid[0], launch->grid[1], launch->grid[2]);
  blockDim = dim3(launch->block[0], launch->block[1], launch->block[2]);
  SharedMemory shared(*launch);
  [[maybe_unused]] SignalCatcher catcher;
  volatile bool done = false;  // which a jump from a signal must find as it was
  if (KN_TRY(catcher)) done = run_all(*launch, shared, fault);
  end_grid();
  if (!done) abandon();
  return done ? 0 : 1;
}

}  // namespace kn
