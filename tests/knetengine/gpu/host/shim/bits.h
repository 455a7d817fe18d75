// Bits of integers, and the bits that numbers are made of.
#pragma once
#include <string.h>

// Bit casts

namespace kn {

template <class To, class From> To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From), "");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace kn

inline int __float_as_int(float x) { return kn::bits_as<int>(x); }
inline unsigned __float_as_uint(float x) { return kn::bits_as<unsigned>(x); }
inline float __int_as_float(int x) { return kn::bits_as<float>(x); }
inline float __uint_as_float(unsigned x) { return kn::bits_as<float>(x); }
inline long long __double_as_longlong(double x) { return kn::bits_as<long long>(x); }
inline double __longlong_as_double(long long x) { return kn::bits_as<double>(x); }

inline int __double2hiint(double x) { return static_cast<int>(__double_as_longlong(x) >> 32); }
inline int __double2loint(double x) { return static_cast<int>(__double_as_longlong(x)); }
inline double __hiloint2double(int high, int low) {
  const auto bits = static_cast<unsigned long long>(static_cast<unsigned>(high)) << 32 |
                    static_cast<unsigned>(low);
  return kn::bits_as<double>(bits);
}

// Counting; of 0 there are 32 or 64 leading zeros

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __clzll(long long x) {
  return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64;
}
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }

// Moving

inline unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1u) << (31 - bit);
  return reversed;
}
inline unsigned long long __brevll(unsigned long long x) {
  return static_cast<unsigned long long>(__brev(static_cast<unsigned>(x))) << 32 |
         __brev(static_cast<unsigned>(x >> 32));
}

// Shifts of 64 bits, high and low, of which 32 are given.
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  const auto wide = static_cast<unsigned long long>(high) << 32 | low;
  return static_cast<unsigned>(wide << (shift & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  const auto wide = static_cast<unsigned long long>(high) << 32 | low;
  return static_cast<unsigned>(wide >> (shift & 31));
}

// Four bytes out of the eight of y and x; bit 3 of a selector copies the byte's sign instead.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selectors) {
  const auto bytes = static_cast<unsigned long long>(y) << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned selector = selectors >> (4 * i) & 15;
    unsigned byte = static_cast<unsigned>(bytes >> (8 * (selector & 7))) & 0xff;
    if (selector & 8) byte = byte & 0x80 ? 0xff : 0;
    result |= byte << (8 * i);
  }
  return result;
}

// The high half of a product

inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}
inline int __mulhi(int a, int b) {
  return static_cast<int>(static_cast<long long>(a) * b >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>(static_cast<unsigned __int128>(a) * b >> 64);
}
inline long long __mul64hi(long long a, long long b) {
  return static_cast<long long>(static_cast<__int128>(a) * b >> 64);
}
