// Atomic functions, for the types that CUDA has them for. They order nothing else, as in CUDA.
#pragma once
#include <string.h>

namespace kn {

// Puts change(old) where old was, and gives old.
template <class T, class Change> T update(T* address, Change change) {
  T old, next;
  __atomic_load(address, &old, __ATOMIC_RELAXED);
  do next = change(old);
  while (!__atomic_compare_exchange(address, &old, &next, true, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED));
  return old;
}

}  // namespace kn

#define KN_ATOMIC(name, type, result) \
  inline type name(type* address, type value) { \
    return kn::update(address, [value](type old) -> type { return result; }); \
  }

#define KN_ATOMIC_INTEGERS(name, result)     \
  KN_ATOMIC(name, int, result)               \
  KN_ATOMIC(name, unsigned, result)          \
  KN_ATOMIC(name, unsigned long long, result)

// Signed sums wrap round, as in CUDA.
inline int atomicAdd(int* address, int value) {
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
KN_ATOMIC(atomicAdd, unsigned, old + value)
KN_ATOMIC(atomicAdd, unsigned long long, old + value)
KN_ATOMIC(atomicAdd, float, old + value)
KN_ATOMIC(atomicAdd, double, old + value)

inline int atomicSub(int* address, int value) {
  return __atomic_fetch_sub(address, value, __ATOMIC_RELAXED);
}
KN_ATOMIC(atomicSub, unsigned, old - value)

KN_ATOMIC_INTEGERS(atomicExch, ((void)old, value))
KN_ATOMIC(atomicExch, float, ((void)old, value))

KN_ATOMIC_INTEGERS(atomicMax, old > value ? old : value)
KN_ATOMIC(atomicMax, long long, old > value ? old : value)
KN_ATOMIC_INTEGERS(atomicMin, old < value ? old : value)
KN_ATOMIC(atomicMin, long long, old < value ? old : value)

KN_ATOMIC_INTEGERS(atomicAnd, old & value)
KN_ATOMIC_INTEGERS(atomicOr, old | value)
KN_ATOMIC_INTEGERS(atomicXor, old ^ value)

KN_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
KN_ATOMIC(atomicDec, unsigned, old == 0 || old > value ? value : old - 1)

#undef KN_ATOMIC_INTEGERS
#undef KN_ATOMIC

#define KN_ATOMIC_CAS(type)                                                      \
  inline type atomicCAS(type* address, type expected, type value) {              \
    __atomic_compare_exchange(address, &expected, &value, false, __ATOMIC_RELAXED, \
                              __ATOMIC_RELAXED);                                 \
    return expected;                                                             \
  }

KN_ATOMIC_CAS(int)
KN_ATOMIC_CAS(unsigned)
KN_ATOMIC_CAS(unsigned long long)
KN_ATOMIC_CAS(unsigned short)

#undef KN_ATOMIC_CAS
