// What the sanitizers are told. Without a sanitizer every function here does nothing.
//
// The runtime itself is never instrumented: it only calls the sanitizers' interfaces, so that their
// reports hold the kernel's own frames and accesses.
#pragma once
#include <cstddef>

#ifdef KN_ADDRESS
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef KN_THREAD
#include <sanitizer/tsan_interface.h>
#endif

// ThreadSanitizer's way to begin anew with a piece of memory. Its header is not always installed.
extern "C" {
void __tsan_java_init(unsigned long heap_begin, unsigned long heap_size);
void __tsan_java_alloc(unsigned long address, unsigned long size);
void __tsan_java_free(unsigned long address, unsigned long size);
}

namespace kn {

// AddressSanitizer: the stack in use

inline void announce_leaving([[maybe_unused]] void** fake_stack,
                             [[maybe_unused]] const char* next_stack,
                             [[maybe_unused]] std::size_t next_bytes) {
#ifdef KN_ADDRESS
  __sanitizer_start_switch_fiber(fake_stack, next_stack, next_bytes);
#endif
}

// left: is set to the stack that was in use before, where a sanitizer knows it.
inline void announce_arrival([[maybe_unused]] void* fake_stack, [[maybe_unused]] char** left,
                             [[maybe_unused]] std::size_t* left_bytes) {
#ifdef KN_ADDRESS
  const void* bottom = nullptr;
  __sanitizer_finish_switch_fiber(fake_stack, &bottom, left_bytes);
  *left = static_cast<char*>(const_cast<void*>(bottom));
#endif
}

inline void forget_stack([[maybe_unused]] char* stack, [[maybe_unused]] std::size_t bytes) {
#ifdef KN_ADDRESS
  __asan_unpoison_memory_region(stack, bytes);
#endif
}

// ThreadSanitizer: who runs, and what happened before what

inline void* create_identity() {
#ifdef KN_THREAD
  return __tsan_create_fiber(0);
#else
  return nullptr;
#endif
}

inline void* own_identity() {
#ifdef KN_THREAD
  return __tsan_get_current_fiber();
#else
  return nullptr;
#endif
}

inline void destroy_identity([[maybe_unused]] void* identity) {
#ifdef KN_THREAD
  __tsan_destroy_fiber(identity);
#endif
}

// Without the flag a switch would itself order the two, and no race would ever be seen.
inline void assume_identity([[maybe_unused]] void* identity) {
#ifdef KN_THREAD
  __tsan_switch_to_fiber(identity, __tsan_switch_to_fiber_no_sync);
#endif
}

// What was done before `release` of a token happened before what is done after `acquire` of it.
inline void release([[maybe_unused]] void* token) {
#ifdef KN_THREAD
  __tsan_release(token);
#endif
}

inline void acquire([[maybe_unused]] void* token) {
#ifdef KN_THREAD
  __tsan_acquire(token);
#endif
}

// Memory that a block takes over from the one before: accesses so far are no part of a race.
//
// For every race ThreadSanitizer looks for the block that an address of its "Java heap" belongs to,
// cell by cell downwards. So that heap is only the 2^40 addresses around thread-local memory, which it
// allocates itself, and knows; the device's memory lies elsewhere.
inline void begin_anew([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef KN_THREAD
  if (!bytes) return;
  const auto address = reinterpret_cast<unsigned long>(memory);
  static const bool ready = (__tsan_java_init(address >> 40 << 40, 1ul << 40), true);
  if (!ready) return;
  __tsan_java_free(address, bytes);
  __tsan_java_alloc(address, bytes);
#endif
}

}  // namespace kn
