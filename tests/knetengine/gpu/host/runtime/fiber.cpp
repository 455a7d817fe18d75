#include "fiber.h"

#include "announcements.h"

#include <cstdint>
#include <sys/mman.h>
#include <unistd.h>

namespace kn {

namespace {

// A kernel's frames are small: CUDA keeps arrays in registers where it can. AddressSanitizer's
// frames have red zones around each variable.
#if defined(KN_ADDRESS) || defined(KN_THREAD)
constexpr std::size_t stack_bytes = 256 * 1024;
#else
constexpr std::size_t stack_bytes = 64 * 1024;
#endif

std::size_t page_bytes() {
  static const std::size_t bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

#ifdef KN_UCONTEXT

static void prepare(Fiber& fiber, Body body) {
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = fiber.stack_bytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, body, 0);
}

static void swap(Fiber& from, Fiber& to) { swapcontext(&from.context, &to.context); }

#else

// Saves the registers that a function must preserve, changes the stack, and takes up what was
// saved there. rdi: where to keep the old stack pointer; rsi: the new one.
extern "C" void kn_swap_stacks(void** from, void* to);
asm(R"(
.text
.hidden kn_swap_stacks
.globl kn_swap_stacks
.type kn_swap_stacks, @function
kn_swap_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size kn_swap_stacks, .-kn_swap_stacks
)");

static void prepare(Fiber& fiber, Body body) {
  auto top = reinterpret_cast<std::uintptr_t*>(fiber.stack + fiber.stack_bytes);
  *--top = 0;  // body's return address: it never returns, and a backtrace ends here
  *--top = reinterpret_cast<std::uintptr_t>(body);  // where kn_swap_stacks returns to
  for (int saved = 0; saved < 6; ++saved) *--top = 0;
  fiber.stack_pointer = top;
}

static void swap(Fiber& from, Fiber& to) { kn_swap_stacks(&from.stack_pointer, to.stack_pointer); }

#endif

bool create(Fiber& fiber, Body body) {
  void* memory = mmap(nullptr, page_bytes() + stack_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return false;
  mprotect(memory, page_bytes(), PROT_NONE);
  fiber.stack = static_cast<char*>(memory) + page_bytes();
  fiber.stack_bytes = stack_bytes;
  fiber.fake_stack = nullptr;
  fiber.identity = create_identity();
  prepare(fiber, body);
  return true;
}

void destroy(Fiber& fiber) {
  forget_stack(fiber.stack, fiber.stack_bytes);  // frames that were left keep their red zones
  munmap(fiber.stack - page_bytes(), page_bytes() + fiber.stack_bytes);
  destroy_identity(fiber.identity);
  fiber = Fiber();
}

void adopt(Fiber& scheduler) { scheduler.identity = own_identity(); }

void transfer(Fiber& from, Fiber& to) {
  announce_leaving(&from.fake_stack, to.stack, to.stack_bytes);
  assume_identity(to.identity);
  swap(from, to);
  announce_arrival(from.fake_stack, &to.stack, &to.stack_bytes);  // only `to` can have come back
}

void arrive(Fiber& scheduler) {
  announce_arrival(nullptr, &scheduler.stack, &scheduler.stack_bytes);
}

}  // namespace kn
