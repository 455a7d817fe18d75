// CUDA's short vectors, with CUDA's alignments.
#pragma once

#define KN_VECTORS(base, type, two, four)                                             \
  struct base##1 { type x; };                                                         \
  struct alignas(two) base##2 { type x, y; };                                         \
  struct base##3 { type x, y, z; };                                                   \
  struct alignas(four) base##4 { type x, y, z, w; };                                  \
  inline base##1 make_##base##1(type x) { return {x}; }                               \
  inline base##2 make_##base##2(type x, type y) { return {x, y}; }                    \
  inline base##3 make_##base##3(type x, type y, type z) { return {x, y, z}; }         \
  inline base##4 make_##base##4(type x, type y, type z, type w) { return {x, y, z, w}; }

KN_VECTORS(char, signed char, 2, 4)
KN_VECTORS(uchar, unsigned char, 2, 4)
KN_VECTORS(short, short, 4, 8)
KN_VECTORS(ushort, unsigned short, 4, 8)
KN_VECTORS(int, int, 8, 16)
KN_VECTORS(uint, unsigned, 8, 16)
KN_VECTORS(longlong, long long, 16, 16)
KN_VECTORS(ulonglong, unsigned long long, 16, 16)
KN_VECTORS(float, float, 8, 16)
KN_VECTORS(double, double, 16, 16)

#undef KN_VECTORS

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};
