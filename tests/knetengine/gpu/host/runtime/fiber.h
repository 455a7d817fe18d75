// A fiber: a stack of its own, and a place in the code from which it goes on when it is switched to.
//
// Each thread of a block runs on a fiber, so that it can wait in the middle of a kernel. One fiber,
// the scheduler, is the stack from which the launch was called. The sanitizers are told of every
// switch: AddressSanitizer which stack is in use, ThreadSanitizer who runs.
#pragma once
#include <cstddef>

// x86-64 has a switch of twelve instructions; ucontext, which also saves the signal mask by two
// system calls, serves elsewhere.
#if !defined(__x86_64__) && !defined(KN_UCONTEXT)
#define KN_UCONTEXT
#endif
#ifdef KN_UCONTEXT
#include <ucontext.h>
#endif

namespace kn {

struct Fiber {
  char* stack = nullptr;  // the lowest address; the scheduler's is known to AddressSanitizer only
  std::size_t stack_bytes = 0;
#ifdef KN_UCONTEXT
  ucontext_t context = {};
#else
  void* stack_pointer = nullptr;
#endif
  void* fake_stack = nullptr;  // AddressSanitizer's, while the fiber does not run
  void* identity = nullptr;    // ThreadSanitizer's
};

using Body = void (*)();

// Gives a fiber a stack, with a page below it that faults, and lets it start with body, which must
// never return. False if there is no memory.
bool create(Fiber& fiber, Body body);

// Takes the stack away, whatever was going on there.
void destroy(Fiber& fiber);

// Makes a Fiber of the caller.
void adopt(Fiber& scheduler);

// Goes from the fiber that runs to another; comes back when somebody goes to `from`.
// One of the two is always the scheduler.
void transfer(Fiber& from, Fiber& to);

// To be called first in a body: it was come to from the scheduler.
void arrive(Fiber& scheduler);

}  // namespace kn
