// Functions of calculus, for float and double. Those of CUDA's mathematical library, and of C's on a
// CPU, under one name for both widths; then what neural networks squash by.

#define KN_FUNCTION(name, single, both) \
    KN_INLINE float kn_##name(float x) { return single(x); } \
    KN_INLINE double kn_##name(double x) { return both(x); }
#define KN_FUNCTION2(name, single, both) \
    KN_INLINE float kn_##name(float x, float y) { return single(x, y); } \
    KN_INLINE double kn_##name(double x, double y) { return both(x, y); }

KN_FUNCTION(sqrt, sqrtf, sqrt)
KN_FUNCTION(cbrt, cbrtf, cbrt)
KN_FUNCTION(exp, expf, exp)
KN_FUNCTION(exp2, exp2f, exp2)
KN_FUNCTION(exp10, exp10f, exp10)
KN_FUNCTION(expm1, expm1f, expm1)
KN_FUNCTION(log, logf, log)
KN_FUNCTION(log2, log2f, log2)
KN_FUNCTION(log10, log10f, log10)
KN_FUNCTION(log1p, log1pf, log1p)
KN_FUNCTION(sin, sinf, sin)
KN_FUNCTION(cos, cosf, cos)
KN_FUNCTION(tan, tanf, tan)
KN_FUNCTION(arcsin, asinf, asin)
KN_FUNCTION(arccos, acosf, acos)
KN_FUNCTION(arctan, atanf, atan)
KN_FUNCTION(sinh, sinhf, sinh)
KN_FUNCTION(cosh, coshf, cosh)
KN_FUNCTION(tanh, tanhf, tanh)
KN_FUNCTION(arcsinh, asinhf, asinh)
KN_FUNCTION(arccosh, acoshf, acosh)
KN_FUNCTION(arctanh, atanhf, atanh)
KN_FUNCTION(erf, erff, erf)
KN_FUNCTION(erfc, erfcf, erfc)
KN_FUNCTION(gamma, tgammaf, tgamma)
KN_FUNCTION(gammaln, lgammaf, lgamma)
KN_FUNCTION(j0, j0f, j0)
KN_FUNCTION(j1, j1f, j1)
KN_FUNCTION(y0, y0f, y0)
KN_FUNCTION(y1, y1f, y1)
KN_FUNCTION2(arctan2, atan2f, atan2)
KN_FUNCTION2(hypot, hypotf, hypot)

// Bessel functions of whole orders, of either sign. NaN for other orders, and beyond 1000: libraries
// take as many steps as the order has units.
#define KN_BESSEL(name, T, function) \
    KN_INLINE T kn_##name(T order, T x) { \
        const T size = kn_absolute(order); \
        if (!(size <= T(1000)) || size != kn_floor(size)) return T(KN_INFINITY) - T(KN_INFINITY); \
        const T value = function((i32)size, x); \
        return order < T(0) && ((i32)size & 1) ? -value : value; \
    }
KN_BESSEL(jn, float, jnf)
KN_BESSEL(jn, double, jn)
KN_BESSEL(yn, float, ynf)
KN_BESSEL(yn, double, yn)

KN_INLINE float kn_ldexp(float x, i64 power) {
    return ldexpf(x, (i32)kn_clip(power, (i64)-4096, (i64)4096));
}
KN_INLINE double kn_ldexp(double x, i64 power) {
    return ldexp(x, (i32)kn_clip(power, (i64)-4096, (i64)4096));
}

// log(exp(x) + exp(y)), and the same with powers of two.
template <class T> KN_INLINE T kn_logaddexp(T x, T y) {
    if (x == y) return x + T(0.693147180559945309417);  // infinities too, which have no difference
    const T apart = x - y;
    return apart > T(0) ? x + kn_log1p(kn_exp(-apart))
                        : apart <= T(0) ? y + kn_log1p(kn_exp(apart)) : apart;
}
template <class T> KN_INLINE T kn_logaddexp2(T x, T y) {
    const T log2_e = T(1.44269504088896340736);
    if (x == y) return x + T(1);
    const T apart = x - y;
    return apart > T(0) ? x + log2_e * kn_log1p(kn_exp2(-apart))
                        : apart <= T(0) ? y + log2_e * kn_log1p(kn_exp2(apart)) : apart;
}
// x - y, for y the logarithm of a sum: the exponent of x's share. `half` is that of an equal share,
// where both parts are one infinity.
template <class T> KN_INLINE T kn_log_share(T whole, T part, T other, T half) {
    if (!kn_isinf(whole)) return part - whole;
    return part == other ? half : part == whole ? T(0) : part - whole;
}

// sin(pi x) and cos(pi x): exact where the result is 0 or 1, for x is reduced before it is multiplied.
template <class T> KN_INLINE T kn_sinpi(T x) {
    const T turn = x - T(2) * kn_rint(x * T(0.5));  // from -1 to 1
    const T size = kn_absolute(turn);
    const T near = size > T(0.5) ? T(1) - size : size;
    const T y = near > T(0.25) ? kn_cos(T(3.14159265358979323846) * (T(0.5) - near))
                               : kn_sin(T(3.14159265358979323846) * near);
    return kn_copysign(y, x == turn ? x : turn);
}
template <class T> KN_INLINE T kn_cospi(T x) {
    const T size = kn_absolute(x - T(2) * kn_rint(x * T(0.5)));  // from 0 to 1
    const T near = size > T(0.5) ? T(1) - size : size;
    const T y = near > T(0.25) ? kn_sin(T(3.14159265358979323846) * (T(0.5) - near))
                               : kn_cos(T(3.14159265358979323846) * near);
    return size > T(0.5) ? -y : y;
}

// What squashes the units of a layer: the equations of knetengine.nn.activations.

template <class T> KN_INLINE T kn_relu(T x) { return kn_max(x, T(0)); }

// 1 / (1 + exp(-x)), small results to full relative precision.
template <class T> KN_INLINE T kn_sigm(T x) {
    const T e = kn_exp(-kn_absolute(x));
    return (x < T(0) ? e : T(1)) / (T(1) + e);
}

template <class T> KN_INLINE T kn_elu(T x) { return x > T(0) ? x : kn_expm1(x); }
template <class T> KN_INLINE T kn_elu_slope(T y) { return y > T(0) ? T(1) : y + T(1); }

#define KN_SELU_SCALE 1.0507009873554805
#define KN_SELU_DEPTH 1.7580993408473766
template <class T> KN_INLINE T kn_selu(T x) {
    return x > T(0) ? T(KN_SELU_SCALE) * x : T(KN_SELU_DEPTH) * kn_expm1(x);
}
template <class T> KN_INLINE T kn_selu_slope(T y) {
    return y > T(0) ? T(KN_SELU_SCALE) : y + T(KN_SELU_DEPTH);
}

template <class T> KN_INLINE T kn_gelu(T x) {
    return x * (T(0.5) + T(0.5) * kn_erf(x * T(0.70710678118654752440)));
}
template <class T> KN_INLINE T kn_gelu_slope(T x) {
    const T below = T(0.5) + T(0.5) * kn_erf(x * T(0.70710678118654752440));
    return below + x * (kn_exp(x * x * T(-0.5)) * T(0.39894228040143267794));
}

#define KN_GELU_INNER 0.79788456080286535588
#define KN_GELU_CUBE (0.79788456080286535588 * 0.044715)
template <class T> KN_INLINE T kn_gelu_tanh(T x) {
    const T t = kn_tanh(x * (T(KN_GELU_INNER) + T(KN_GELU_CUBE) * (x * x)));
    return x * (T(0.5) + T(0.5) * t);
}
template <class T> KN_INLINE T kn_gelu_tanh_slope(T x) {
    const T t = kn_tanh(x * (T(KN_GELU_INNER) + T(KN_GELU_CUBE) * (x * x)));
    const T inner = T(KN_GELU_INNER) + T(3 * KN_GELU_CUBE) * (x * x);
    return T(0.5) + T(0.5) * t + x * (T(0.5) - T(0.5) * t * t) * inner;
}

// x times its logistic function (Ramachandran et al. 2017), and what is cheaper (Howard et al. 2019).
template <class T> KN_INLINE T kn_swish(T x) { return x * kn_sigm(x); }
template <class T> KN_INLINE T kn_swish_slope(T x) {
    const T s = kn_sigm(x);
    return s + x * s * (T(1) - s);
}
template <class T> KN_INLINE T kn_hardsigmoid(T x) {
    return kn_clip(x / T(6) + T(0.5), T(0), T(1));
}
template <class T> KN_INLINE T kn_hardsigmoid_slope(T x) {
    return x > T(-3) && x < T(3) ? T(1.0 / 6.0) : x != x ? x : T(0);
}
template <class T> KN_INLINE T kn_hardswish(T x) { return x * kn_hardsigmoid(x); }
template <class T> KN_INLINE T kn_hardswish_slope(T x) {
    return kn_hardsigmoid(x) + x * kn_hardsigmoid_slope(x);
}
