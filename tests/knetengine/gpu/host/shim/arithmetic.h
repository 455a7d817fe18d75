// Arithmetic under CUDA's names: rounding, conversions, the larger and the smaller.
#pragma once
#include "maths.h"

// Operations that are rounded to the nearest and never contracted

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __frcp_rn(float x) { return 1 / x; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frsqrt_rn(float x) { return rsqrtf(x); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
inline double __drcp_rn(double x) { return 1 / x; }
inline double __dsqrt_rn(double x) { return sqrt(x); }

// Conversions: out of range they give the nearest number there is, and 0 for NaN

namespace kn {

template <class To> To saturate(double whole) {
  constexpr To highest = static_cast<To>(-1) > 0
                             ? static_cast<To>(-1)
                             : static_cast<To>(~(1ull << (8 * sizeof(To) - 1)));
  constexpr To lowest = static_cast<To>(~highest);
  if (whole != whole) return 0;
  if (whole >= static_cast<double>(highest)) return highest;
  if (whole <= static_cast<double>(lowest)) return lowest;
  return static_cast<To>(whole);
}

}  // namespace kn

#define KN_CONVERSIONS(from, to, type, of)                                         \
  inline type __##from##2##to##_rn(of x) { return kn::saturate<type>(rint(x)); }   \
  inline type __##from##2##to##_rz(of x) { return kn::saturate<type>(trunc(x)); }  \
  inline type __##from##2##to##_ru(of x) { return kn::saturate<type>(ceil(x)); }   \
  inline type __##from##2##to##_rd(of x) { return kn::saturate<type>(floor(x)); }

KN_CONVERSIONS(float, int, int, float)
KN_CONVERSIONS(float, uint, unsigned, float)
KN_CONVERSIONS(float, ll, long long, float)
KN_CONVERSIONS(float, ull, unsigned long long, float)
KN_CONVERSIONS(double, int, int, double)
KN_CONVERSIONS(double, uint, unsigned, double)
KN_CONVERSIONS(double, ll, long long, double)
KN_CONVERSIONS(double, ull, unsigned long long, double)

#undef KN_CONVERSIONS

inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
inline float __ull2float_rn(unsigned long long x) { return static_cast<float>(x); }
inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
inline double __ull2double_rn(unsigned long long x) { return static_cast<double>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

// The larger and the smaller; of numbers, the one that is not NaN

#define KN_EXTREMES(a_type, b_type, type)                            \
  inline type max(a_type a, b_type b) {                              \
    return static_cast<type>(a) > static_cast<type>(b) ? a : b;      \
  }                                                                  \
  inline type min(a_type a, b_type b) {                              \
    return static_cast<type>(a) < static_cast<type>(b) ? a : b;      \
  }

KN_EXTREMES(int, int, int)
KN_EXTREMES(unsigned, unsigned, unsigned)
KN_EXTREMES(int, unsigned, unsigned)
KN_EXTREMES(unsigned, int, unsigned)
KN_EXTREMES(long, long, long)
KN_EXTREMES(unsigned long, unsigned long, unsigned long)
KN_EXTREMES(long long, long long, long long)
KN_EXTREMES(unsigned long long, unsigned long long, unsigned long long)
KN_EXTREMES(long long, unsigned long long, unsigned long long)
KN_EXTREMES(unsigned long long, long long, unsigned long long)

#undef KN_EXTREMES

inline float max(float a, float b) { return fmaxf(a, b); }
inline float min(float a, float b) { return fminf(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(float a, double b) { return fmax(a, b); }
inline double min(float a, double b) { return fmin(a, b); }
inline double max(double a, float b) { return fmax(a, b); }
inline double min(double a, float b) { return fmin(a, b); }
