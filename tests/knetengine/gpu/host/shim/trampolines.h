// What a module tells of its kernels: put behind a kernel's source, before the table of them.
#pragma once
#include "execution.h"

#include <type_traits>
#include <utility>

namespace kn {

// Python reads these structs: see modules.py.
struct Parameter {
  unsigned bytes;
  char kind;  // p: a pointer, i: an integer, f: a floating-point number, s: a struct
};

struct Kernel {
  const char* name;
  void (*run)(void* const* arguments);
  const Parameter* parameters;
  unsigned count;         // of parameters
  unsigned most_threads;  // of a block, as __launch_bounds__ has it; 0 for any
};

template <class P> constexpr Parameter describe() {
  static_assert(std::is_trivially_copyable_v<P>, "parameters are copied byte by byte");
  return {sizeof(P), std::is_pointer_v<P>          ? 'p'
                     : std::is_integral_v<P>       ? 'i'
                     : std::is_floating_point_v<P> ? 'f'
                                                   : 's'};
}

template <auto kernel> struct Trampoline;

template <class... P, void (*kernel)(P...)> struct Trampoline<kernel> {
  // One more than there are, since there are no arrays of none.
  static constexpr Parameter parameters[] = {describe<P>()..., Parameter{0, 0}};

  static void run(void* const* arguments) { call(arguments, std::index_sequence_for<P...>()); }

  template <std::size_t... I>
  static void call([[maybe_unused]] void* const* arguments, std::index_sequence<I...>) {
    kernel(*static_cast<P*>(arguments[I])...);
  }

  static constexpr Kernel entry(const char* name, unsigned most_threads = 0) {
    return {name, run, parameters, sizeof...(P), most_threads};
  }
};

}  // namespace kn

#define KN_EXPORTED extern "C" __attribute__((visibility("default"), used))

// Where in memory this module's static shared variables are: this is one of them.
KN_EXPORTED char* kn_shared_anchor() {
  static thread_local char anchor;
  return &anchor;
}
