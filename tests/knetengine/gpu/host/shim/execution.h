// What a kernel and the runtime say to each other: where a thread is, and what it waits for.
#pragma once
#include "vectors.h"

#pragma GCC visibility push(default)

// Set by the runtime whenever it goes to a thread.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

namespace kn {

using u64 = unsigned long long;

// Where in the source something was asked for.
struct Place {
  const char* file;
  int line;
};

enum class Operation { barrier, barrier_count, barrier_and, barrier_or, warp_barrier, shuffle, vote };

// What a thread learns from those that it waited for.
struct Outcome {
  u64 value;           // barriers: in how many threads the value was not 0; shuffles: the value read
  unsigned ballot;     // the lanes of the group whose value was not 0
  unsigned group;      // the lanes of the mask that took part
};

// Waits for all threads of the block.
Outcome wait_for_block(Operation operation, u64 value, Place place);

// Waits for the lanes of mask that have not left the kernel. source: the lane whose value is wanted;
// where it takes no part the bits that come back are all ones.
Outcome wait_for_warp(Operation operation, unsigned mask, u64 value, unsigned source, Place place);

// The thread's number in its warp.
unsigned lane();

// The block's dynamic shared memory.
void* dynamic_shared();

// Orders what this thread did before with what others do after a fence of theirs.
void fence();

// Ends the launch with an error.
[[noreturn]] void fail(Place place, const char* reason);

}  // namespace kn

#pragma GCC visibility pop
