// What a processor raises a signal for in a kernel ends the launch, and not the process.
//
// Where a sanitizer is in use it is left to the sanitizer, which reports it with its place.
#pragma once
#include "block.h"

#include <csetjmp>
#include <csignal>

namespace kn {

#if defined(KN_ADDRESS) || defined(KN_THREAD)

struct SignalCatcher {};
#define KN_TRY(catcher) true

#else

class SignalCatcher {
 public:
  SignalCatcher();
  ~SignalCatcher();
  sigjmp_buf come_back;

 private:
  static void handle(int number, siginfo_t* information, void*);
  static constexpr int caught_[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  struct sigaction before_[4];
  stack_t stack_before_;
};

// True at first, and false when a signal of a kernel came back to here.
#define KN_TRY(catcher) (sigsetjmp((catcher).come_back, 1) == 0)

#endif

}  // namespace kn
