#include "signals.h"

#if !defined(KN_ADDRESS) && !defined(KN_THREAD)

namespace kn {

static SignalCatcher* current;

// A fiber that has come to the end of its stack has no room for a handler.
alignas(16) static char handler_stack[64 * 1024];

static const char* describe(int number) {
  switch (number) {
    case SIGFPE: return "divided an integer by 0";
    case SIGILL: return "executed __builtin_trap() or what must be unreachable";
    default: return "used an address that is not the device's";
  }
}

SignalCatcher::SignalCatcher() {
  current = this;
  stack_t stack = {};
  stack.ss_sp = handler_stack;
  stack.ss_size = sizeof handler_stack;
  sigaltstack(&stack, &stack_before_);
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (int i = 0; i < 4; ++i) sigaction(caught_[i], &action, &before_[i]);
}

SignalCatcher::~SignalCatcher() {
  for (int i = 0; i < 4; ++i) sigaction(caught_[i], &before_[i], nullptr);
  sigaltstack(&stack_before_, nullptr);
  current = nullptr;
}

void SignalCatcher::handle(int number, siginfo_t* information, void*) {
  if (!inside_kernel()) {  // not a kernel's doing: let it happen again, as if we were not here
    for (int i = 0; i < 4; ++i) sigaction(caught_[i], &current->before_[i], nullptr);
    return;
  }
  const bool of_memory = number == SIGSEGV || number == SIGBUS;
  blame_running_thread(describe(number),
                       of_memory ? reinterpret_cast<std::uintptr_t>(information->si_addr) : 0);
  siglongjmp(current->come_back, 1);
}

}  // namespace kn

#endif
