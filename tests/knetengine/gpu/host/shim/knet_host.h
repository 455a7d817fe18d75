// CUDA C++ for the system's C++ compiler: put in front of a kernel's source, which stays as it is.
//
// What NVRTC knows without any header is here, and nothing else: NVRTC refuses what is used beyond.
#pragma once
#ifndef KNET_HOST
#define KNET_HOST 1
#endif

// Standard headers come first: some of them use the names that are defined below.
#include "maths.h"

#include "arithmetic.h"
#include "atomics.h"
#include "bits.h"
#include "threads.h"
#include "vectors.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __constant__ static const
#define __grid_constant__
#ifndef __clang__
#define __builtin_assume(condition) ((void)0)
#endif

// One block runs at a time, so what its threads share is static. Thread-local memory has a segment
// of its own, which the runtime finds and cleans for each block. AddressSanitizer has red zones
// around static variables, but none around thread-local ones. They are "used", so that one which is
// read and never written is not taken for a constant 0.
#ifdef KN_ADDRESS
#define __shared__ static __attribute__((used))
#else
#define __shared__ static thread_local __attribute__((used))
#endif

// Dynamic shared memory, where CUDA has `extern __shared__ T name[]`.
#define KN_SHARED(T, name) T* name = static_cast<T*>(kn::dynamic_shared())

// Loads and stores with a hint for the caches

template <class T> T __ldg(const T* address) { return *address; }
template <class T> T __ldcg(const T* address) { return *address; }
template <class T> T __ldca(const T* address) { return *address; }
template <class T> T __ldcs(const T* address) { return *address; }
template <class T> void __stcg(T* address, T value) { *address = value; }
template <class T> void __stcs(T* address, T value) { *address = value; }

inline void __trap(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  kn::fail({file, line}, "__trap()");
}

extern "C" int printf(const char* format, ...);
