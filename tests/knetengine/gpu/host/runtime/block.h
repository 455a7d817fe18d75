// One block: its threads, and the scheduler that goes round among them.
#pragma once
#include "../shim/execution.h"
#include "fiber.h"
#include "order.h"

#include <cstddef>
#include <cstdint>

namespace kn {

constexpr unsigned most_threads = 1024;
constexpr unsigned warp_lanes = 32;

// What went wrong, where. Python reads this struct: see modules.py.
struct Fault {
  std::uint32_t block[3];
  std::uint32_t thread[3];  // all bits set where it is nobody's in particular
  std::uint64_t address;  // 0 where none is concerned
  char text[512];
};

// A kernel with its arguments unpacked from pointers.
using Run = void (*)(void* const* arguments);

// The blocks of a launch are run by one Grid; begin is called once, run_block once a block.
void begin_grid(Run run, void* const* arguments, Order order, Fault* fault);

// Runs the block at blockIdx. False if it failed; then *fault is set and no fiber is of use.
bool run_block(void* dynamic_shared);

// Whether a thread of the block that ran last waited for others.
bool has_waited();

// Every thread that ran happened before what the caller does next.
void end_grid();

// Throws all fibers away. To be called after a failure.
void abandon();

// Whether a thread of a kernel runs, rather than the scheduler.
bool inside_kernel();

// Sets *fault to what the thread that runs did.
void blame_running_thread(const char* text, std::uint64_t address);

}  // namespace kn
