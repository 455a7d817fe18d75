// What the scheduler knows of a launch: its threads, and what each of them waits for.
#pragma once
#include "block.h"

#include <vector>

namespace kn {

enum class State : unsigned char { ready, waits_for_block, waits_for_warp, left };

struct Thread {
  State state;
  Operation operation;
  unsigned mask;
  unsigned source;
  Place place;
  u64 value;
  Outcome outcome;
  Fiber* fiber;
};

// ThreadSanitizer has to see each thread as somebody else, also those of different blocks. Sets of
// identities are taken in turn, so that a thread of one block is never ordered with the blocks next
// to it. Elsewhere a fiber runs thread after thread until one of them has to wait.
#ifdef KN_THREAD
constexpr bool one_fiber_a_thread = true;
constexpr unsigned identities = 2 * most_threads;  // ThreadSanitizer has 8128
#else
constexpr bool one_fiber_a_thread = false;
constexpr unsigned identities = most_threads;
#endif
constexpr unsigned most_sets = one_fiber_a_thread ? 4 : 1;  // more would mostly be made anew

struct Grid {
  Run run;
  void* const* arguments;
  Order order;
  Fault* fault;
  bool failed;
  unsigned count;        // threads of a block
  unsigned started;      // of them, in the order
  unsigned left;         // of them
  unsigned set;          // of identities
  unsigned number;       // the thread that runs
  bool inside;           // whether one does
  bool waited;           // whether a thread of this block did
  void* dynamic_shared;
  Fiber scheduler;
  Fiber fibers[identities];
  std::vector<Fiber*> idle;
  Thread threads[most_threads];
  uint3 coordinates[most_threads];
  unsigned arranged[most_threads];
};

extern Grid grid;

inline Thread& running() { return grid.threads[grid.number]; }

// Which threads may go on together

bool waits_together_in_block(const Thread& a, const Thread& b);
bool waits_together_in_warp(const Thread& a, const Thread& b);

// What went wrong: the first fault of a launch is kept

void blame(unsigned number, const char* format, ...);

// Nobody can go on: names a thread that waits, and one that keeps it waiting.
void report_divergence();

}  // namespace kn
