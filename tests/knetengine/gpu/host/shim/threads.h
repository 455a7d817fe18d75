// Barriers, shuffles and votes. Each knows the line that it stands on, for what is reported.
#pragma once
#include "execution.h"

#include <string.h>

constexpr int warpSize = 32;

#define KN_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()

// Barriers

inline void __syncthreads(KN_PLACE) {
  kn::wait_for_block(kn::Operation::barrier, 0, {file, line});
}

inline int __syncthreads_count(int predicate, KN_PLACE) {
  const kn::u64 set = predicate != 0;
  return static_cast<int>(
      kn::wait_for_block(kn::Operation::barrier_count, set, {file, line}).value);
}

inline int __syncthreads_and(int predicate, KN_PLACE) {
  const kn::u64 unset = predicate == 0;
  return kn::wait_for_block(kn::Operation::barrier_and, unset, {file, line}).value == 0;
}

inline int __syncthreads_or(int predicate, KN_PLACE) {
  const kn::u64 set = predicate != 0;
  return kn::wait_for_block(kn::Operation::barrier_or, set, {file, line}).value != 0;
}

inline void __syncwarp(unsigned mask = 0xffffffffu, KN_PLACE) {
  kn::wait_for_warp(kn::Operation::warp_barrier, mask, 0, 0, {file, line});
}

inline void __threadfence() { kn::fence(); }
inline void __threadfence_block() { kn::fence(); }
inline void __threadfence_system() { kn::fence(); }

// Shuffles: the source lanes are those of the PTX manual's shfl.sync

namespace kn {

template <class T> T shuffle(unsigned mask, T value, unsigned source, Place place) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles take values of 4 or 8 bytes");
  u64 bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = wait_for_warp(Operation::shuffle, mask, bits, source, place).value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// A warp's lanes fall into segments of `width`.
inline unsigned first_lane(int width) { return lane() & ~(width - 1u); }
inline unsigned last_lane(int width) { return lane() | (width - 1u); }

inline void check_width(int width, Place place) {
  if (width < 1 || width > warpSize || (width & (width - 1)))
    fail(place, "the width of a shuffle is not 1, 2, 4, 8, 16 or 32");
}

}  // namespace kn

template <class T> T __shfl_sync(unsigned mask, T value, int source, int width = 32, KN_PLACE) {
  kn::check_width(width, {file, line});
  return kn::shuffle(mask, value, kn::first_lane(width) | (source & (width - 1)), {file, line});
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, KN_PLACE) {
  kn::check_width(width, {file, line});
  const int source = static_cast<int>(kn::lane()) - static_cast<int>(delta & 31);
  const bool inside = source >= static_cast<int>(kn::first_lane(width));
  return kn::shuffle(mask, value, inside ? source : kn::lane(), {file, line});
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, KN_PLACE) {
  kn::check_width(width, {file, line});
  const unsigned source = kn::lane() + (delta & 31);
  const bool inside = source <= kn::last_lane(width);
  return kn::shuffle(mask, value, inside ? source : kn::lane(), {file, line});
}

template <class T> T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, KN_PLACE) {
  kn::check_width(width, {file, line});
  const unsigned source = kn::lane() ^ (bits & 31);
  const bool inside = source <= kn::last_lane(width);
  return kn::shuffle(mask, value, inside ? source : kn::lane(), {file, line});
}

// Votes

inline unsigned __ballot_sync(unsigned mask, int predicate, KN_PLACE) {
  const kn::u64 set = predicate != 0;
  return kn::wait_for_warp(kn::Operation::vote, mask, set, 0, {file, line}).ballot;
}

inline int __any_sync(unsigned mask, int predicate, KN_PLACE) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, KN_PLACE) {
  return __ballot_sync(mask, predicate == 0, file, line) == 0;
}

// Any set that has the caller is right, since CUDA does not promise which lanes run together. The
// smallest shows a kernel that counts on more.
inline unsigned __activemask() { return 1u << kn::lane(); }

#undef KN_PLACE
