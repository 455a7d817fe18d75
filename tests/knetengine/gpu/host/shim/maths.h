// CUDA's functions of numbers: the C library's, and what it lacks, computed in double precision.
//
// CUDA's own are within a few units in the last place of these; its fast ones, as __expf, are further
// away. What each is: CUDA Math API Reference Manual, "Double Precision Mathematical Functions".
#pragma once

// Newer C libraries have some of these, with a linkage that ours cannot have: theirs are renamed.
#define rsqrt kn_c_rsqrt
#define rsqrtf kn_c_rsqrtf
#define sinpi kn_c_sinpi
#define sinpif kn_c_sinpif
#define cospi kn_c_cospi
#define cospif kn_c_cospif
#include <cmath>
#include <math.h>
#include <stdlib.h>
#undef rsqrt
#undef rsqrtf
#undef sinpi
#undef sinpif
#undef cospi
#undef cospif

namespace kn {

constexpr double pi = 3.14159265358979323846;
constexpr double root_half = 0.70710678118654752440;
constexpr double two_over_root_pi = 1.12837916709551257390;

}  // namespace kn

// Roots

inline double rsqrt(double x) { return 1 / sqrt(x); }
inline double rcbrt(double x) { return 1 / cbrt(x); }
inline double rhypot(double x, double y) { return 1 / hypot(x, y); }
inline double norm3d(double a, double b, double c) { return std::hypot(a, b, c); }
inline double rnorm3d(double a, double b, double c) { return 1 / norm3d(a, b, c); }
inline double norm4d(double a, double b, double c, double d) {
  return hypot(hypot(a, b), hypot(c, d));
}
inline double rnorm4d(double a, double b, double c, double d) { return 1 / norm4d(a, b, c, d); }

// Angles in half turns: the argument is reduced exactly, so that whole and half ones are exact

inline double cospi(double x) {
  double r = fabs(fmod(x, 2.0));
  if (r > 1) r = 2 - r;
  const double sign = r > 0.5 ? -1 : 1;
  if (r > 0.5) r = 1 - r;
  return sign * (r <= 0.25 ? cos(kn::pi * r) : sin(kn::pi * (0.5 - r)));
}

inline double sinpi(double x) {
  double r = fabs(fmod(x, 2.0));
  double sign = copysign(1.0, x);
  if (r >= 1) r -= 1, sign = -sign;
  if (r > 0.5) r = 1 - r;
  return sign * (r <= 0.25 ? sin(kn::pi * r) : cos(kn::pi * (0.5 - r)));
}

inline void sincospi(double x, double* sine, double* cosine) {
  *sine = sinpi(x);
  *cosine = cospi(x);
}

// The error function's relatives

// exp(x^2) * erfc(x). x^2 is rounded, which would show 600-fold at 25: the rest is put in again.
inline double erfcx(double x) {
  if (x < 25) {
    const double square = x * x;
    if (x < 0 && square > 709) return HUGE_VAL;
    return exp(square) * (1 + fma(x, x, -square)) * erfc(x);
  }
  // Abramowitz and Stegun 7.1.23; the eighth term is below 3e-17.
  const double step = 1 / (2 * x * x);
  double sum = 1;
  for (int k = 13; k > 0; k -= 2) sum = 1 - k * step * sum;
  return sum * kn::two_over_root_pi / (2 * x);
}

namespace kn {

// Newton's method from the first terms of the series; |x| <= 0.5.
inline double erfinv_of_small(double x) {
  const double z = x * x;
  double y = x * (0.88622692545275801 + z * (0.23201366653465447 + z * 0.12755617530559793));
  for (int i = 0; i < 4; ++i) y -= (erf(y) - x) / (two_over_root_pi * exp(-y * y));
  return y;
}

// Newton's method for log(erfc(y)) = log(q), from Abramowitz and Stegun 26.2.23; 0 < q <= 0.5.
inline double erfcinv_of_small(double q) {
  const double t = sqrt(-2 * log(q / 2));
  double y = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                     (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  y *= root_half;
  for (int i = 0; i < 4; ++i) {
    const double scaled = erfcx(y);
    y += (log(scaled) - y * y - log(q)) * scaled / two_over_root_pi;
  }
  return y;
}

}  // namespace kn

inline double erfcinv(double q) {
  if (!(q >= 0 && q <= 2)) return NAN;
  if (q == 0) return HUGE_VAL;
  if (q == 2) return -HUGE_VAL;
  if (q <= 0.5) return kn::erfcinv_of_small(q);
  if (q >= 1.5) return -kn::erfcinv_of_small(2 - q);
  return kn::erfinv_of_small(1 - q);
}

inline double erfinv(double x) {
  if (fabs(x) <= 0.5) return kn::erfinv_of_small(x);
  return copysign(erfcinv(1 - fabs(x)), x);
}

// x / sqrt(2) is rounded: the slope puts the rest in again.
inline double normcdf(double x) {
  const double high = -x * kn::root_half;
  if (isinf(x)) return x > 0;
  const double low = fma(-x, kn::root_half, -high) + x * 4.8336466567264567e-17;
  const double slope = -kn::two_over_root_pi * exp(-high * high);
  return 0.5 * (erfc(high) + slope * low);
}

inline double normcdfinv(double p) { return -erfcinv(2 * p) / kn::root_half; }

// Bessel functions

inline double cyl_bessel_i0(double x) { return std::cyl_bessel_i(0.0, fabs(x)); }
inline double cyl_bessel_i1(double x) { return copysign(std::cyl_bessel_i(1.0, fabs(x)), x); }

// In single precision, and under the same name for it

#define KN_SINGLE(name)                                                      \
  inline float name##f(float x) { return static_cast<float>(name(double(x))); } \
  inline float name(float x) { return name##f(x); }

KN_SINGLE(rsqrt)
KN_SINGLE(rcbrt)
KN_SINGLE(cospi)
KN_SINGLE(sinpi)
KN_SINGLE(erfcx)
KN_SINGLE(erfinv)
KN_SINGLE(erfcinv)
KN_SINGLE(normcdf)
KN_SINGLE(normcdfinv)
KN_SINGLE(cyl_bessel_i0)
KN_SINGLE(cyl_bessel_i1)

#undef KN_SINGLE

inline float exp10(float x) { return exp10f(x); }
inline void sincospif(float x, float* sine, float* cosine) {
  *sine = sinpif(x);
  *cosine = cospif(x);
}
inline float rhypotf(float x, float y) { return static_cast<float>(rhypot(x, y)); }
inline float norm3df(float a, float b, float c) { return static_cast<float>(norm3d(a, b, c)); }
inline float rnorm3df(float a, float b, float c) { return static_cast<float>(rnorm3d(a, b, c)); }
inline float norm4df(float a, float b, float c, float d) {
  return static_cast<float>(norm4d(a, b, c, d));
}
inline float rnorm4df(float a, float b, float c, float d) {
  return static_cast<float>(rnorm4d(a, b, c, d));
}
inline float fdividef(float x, float y) { return x / y; }

// Fast functions

inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return exp10f(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline void __sincosf(float x, float* sine, float* cosine) {
  *sine = sinf(x);
  *cosine = cosf(x);
}
inline float __fdividef(float x, float y) { return x / y; }
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1) : 0; }  // 0 for NaN
