// Arithmetic as NumPy's: integers wrap around, a division of integers by zero gives 0, a remainder
// has the sign of the divisor. Overloaded for the types that are computed in, never for f16.
//
// Signed integers are added and multiplied as unsigned ones: C++ leaves their overflow undefined.

#define KN_WRAPPING(name, op) \
    template <class T> KN_INLINE T name(T x, T y) { return x op y; } \
    KN_INLINE u8 name(u8 x, u8 y) { return (u8)(x op y); } \
    KN_INLINE i32 name(i32 x, i32 y) { return (i32)((u32)x op (u32)y); } \
    KN_INLINE i64 name(i64 x, i64 y) { return (i64)((u64)x op (u64)y); }
KN_WRAPPING(kn_add, +)
KN_WRAPPING(kn_subtract, -)
KN_WRAPPING(kn_multiply, *)
KN_INLINE bool kn_add(bool x, bool y) { return x || y; }
KN_INLINE bool kn_multiply(bool x, bool y) { return x && y; }

// Of floats in one operation, on purpose: a compiler for GPUs would make one of the two anyway.
template <class T> KN_INLINE T kn_multiply_add(T x, T y, T z) { return kn_add(kn_multiply(x, y), z); }
KN_INLINE float kn_multiply_add(float x, float y, float z) { return fmaf(x, y, z); }
KN_INLINE double kn_multiply_add(double x, double y, double z) { return fma(x, y, z); }

template <class T> KN_INLINE T kn_negative(T x) { return -x; }
KN_INLINE u8 kn_negative(u8 x) { return (u8)(0 - x); }
KN_INLINE i32 kn_negative(i32 x) { return (i32)(0u - (u32)x); }
KN_INLINE i64 kn_negative(i64 x) { return (i64)(0ull - (u64)x); }

KN_INLINE float kn_absolute(float x) { return fabsf(x); }
KN_INLINE double kn_absolute(double x) { return fabs(x); }
KN_INLINE bool kn_absolute(bool x) { return x; }
KN_INLINE u8 kn_absolute(u8 x) { return x; }
KN_INLINE i32 kn_absolute(i32 x) { return x < 0 ? kn_negative(x) : x; }
KN_INLINE i64 kn_absolute(i64 x) { return x < 0 ? kn_negative(x) : x; }

template <class T> KN_INLINE T kn_sign(T x) { return x > T(0) ? T(1) : x < T(0) ? T(-1) : x; }
KN_INLINE u8 kn_sign(u8 x) { return x > 0; }

template <class T> KN_INLINE T kn_reciprocal(T x) { return T(1) / x; }
KN_INLINE u8 kn_reciprocal(u8 x) { return x == 1; }
KN_INLINE i32 kn_reciprocal(i32 x) { return x == 1 || x == -1 ? x : 0; }
KN_INLINE i64 kn_reciprocal(i64 x) { return x == 1 || x == -1 ? x : 0; }

// Quotients and remainders.

KN_INLINE float kn_fmod(float x, float y) { return fmodf(x, y); }
KN_INLINE double kn_fmod(double x, double y) { return fmod(x, y); }
template <class T> KN_INLINE T kn_fmod(T x, T y) {
    return y == 0 || y == -1 ? T(0) : (T)(x % y);  // the lowest number by -1 traps on a CPU
}

KN_INLINE float kn_floor(float x) { return floorf(x); }
KN_INLINE double kn_floor(double x) { return floor(x); }
template <class T> KN_INLINE T kn_floor(T x) { return x; }
KN_INLINE float kn_ceil(float x) { return ceilf(x); }
KN_INLINE double kn_ceil(double x) { return ceil(x); }
template <class T> KN_INLINE T kn_ceil(T x) { return x; }
KN_INLINE float kn_trunc(float x) { return truncf(x); }
KN_INLINE double kn_trunc(double x) { return trunc(x); }
template <class T> KN_INLINE T kn_trunc(T x) { return x; }
KN_INLINE float kn_rint(float x) { return rintf(x); }
KN_INLINE double kn_rint(double x) { return rint(x); }
template <class T> KN_INLINE T kn_rint(T x) { return x; }
KN_INLINE float kn_copysign(float x, float y) { return copysignf(x, y); }
KN_INLINE double kn_copysign(double x, double y) { return copysign(x, y); }

template <class T> KN_INLINE T kn_remainder_of_floats(T x, T y) {
    T rest = kn_fmod(x, y);
    if (y == T(0) || rest != rest) return rest;
    if (rest == T(0)) return kn_copysign(T(0), y);
    return (y < T(0)) != (rest < T(0)) ? rest + y : rest;
}
KN_INLINE float kn_remainder(float x, float y) { return kn_remainder_of_floats(x, y); }
KN_INLINE double kn_remainder(double x, double y) { return kn_remainder_of_floats(x, y); }
template <class T> KN_INLINE T kn_remainder(T x, T y) {
    const T rest = kn_fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? (T)(rest + y) : rest;
}

// The quotient of x less its remainder, which is whole but for rounding.
template <class T> KN_INLINE T kn_floor_divide_floats(T x, T y) {
    if (y == T(0)) return x / y;
    const T rest = kn_fmod(x, y);
    T quotient = (x - rest) / y;
    if (rest != T(0) && (y < T(0)) != (rest < T(0))) quotient -= T(1);
    if (quotient == T(0)) return kn_copysign(T(0), x / y);
    const T whole = kn_floor(quotient);
    return quotient - whole > T(0.5) ? whole + T(1) : whole;
}
KN_INLINE float kn_floor_divide(float x, float y) { return kn_floor_divide_floats(x, y); }
KN_INLINE double kn_floor_divide(double x, double y) { return kn_floor_divide_floats(x, y); }
template <class T> KN_INLINE T kn_floor_divide(T x, T y) {
    if (y == 0) return 0;
    if (y == -1) return kn_negative(x);
    const T quotient = x / y;
    return x % y != 0 && (x < 0) != (y < 0) ? (T)(quotient - 1) : quotient;
}

KN_INLINE float kn_power(float x, float y) { return powf(x, y); }
KN_INLINE double kn_power(double x, double y) { return pow(x, y); }
// Of integers by repeated squaring. NumPy refuses negative exponents; they give 1 / x**-y, truncated.
template <class T> KN_INLINE T kn_power(T x, T y) {
    if (y < 0) return x == 1 ? T(1) : x == -1 ? ((y & 1) ? x : T(1)) : T(0);
    T result = 1;
    KN_LOOP for (; y > 0; y >>= 1) {
        if (y & 1) result = kn_multiply(result, x);
        x = kn_multiply(x, x);
    }
    return result;
}

// Of absolute values, which as unsigned numbers hold the lowest one's too.
KN_INLINE u64 kn_gcd_of_sizes(u64 x, u64 y) {
    KN_LOOP while (y != 0) {
        const u64 rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}
template <class T> KN_INLINE u64 kn_size(T x) { return x < 0 ? 0 - (u64)x : (u64)x; }
template <class T> KN_INLINE T kn_gcd(T x, T y) { return (T)kn_gcd_of_sizes(kn_size(x), kn_size(y)); }
template <class T> KN_INLINE T kn_lcm(T x, T y) {
    const u64 divisor = kn_gcd_of_sizes(kn_size(x), kn_size(y));
    return divisor == 0 ? T(0) : (T)(kn_size(x) / divisor * kn_size(y));
}

// Shifts by as many bits as there are, or more, empty the number; so do negative ones.
template <class T> KN_INLINE T kn_left_shift(T x, T y) {
    return (u64)y < 8 * sizeof(T) ? (T)((u64)x << (u64)y) : T(0);
}
template <class T> KN_INLINE T kn_right_shift(T x, T y) {
    return (u64)y < 8 * sizeof(T) ? (T)(x >> y) : x < 0 ? T(-1) : T(0);
}
template <class T> KN_INLINE T kn_invert(T x) { return (T)~x; }
KN_INLINE bool kn_invert(bool x) { return !x; }
// The bits that are set in the absolute value.
template <class T> KN_INLINE u8 kn_bit_count(T x) {
    u64 bits = kn_size(x);
    u8 count = 0;
    KN_LOOP for (; bits; bits &= bits - 1) count++;
    return count;
}

// Choices. kn_max and kn_min, which let a NaN win, are in knet.cuh; these drop it.
template <class T> KN_INLINE T kn_fmax(T x, T y) { return x >= y || y != y ? x : y; }
template <class T> KN_INLINE T kn_fmin(T x, T y) { return x <= y || y != y ? x : y; }
// As np.clip: a NaN among the three wins; the upper bound, if the bounds cross.
template <class T> KN_INLINE T kn_clip(T x, T low, T high) {
    return x != x ? x : kn_min(kn_max(x, low), high);
}

template <class T> KN_INLINE bool kn_isfinite(T x) { return true; }
KN_INLINE bool kn_isfinite(float x) { return x - x == 0.0f; }
KN_INLINE bool kn_isfinite(double x) { return x - x == 0.0; }
template <class T> KN_INLINE bool kn_isinf(T x) { return x == x && !kn_isfinite(x); }
template <class T> KN_INLINE bool kn_signbit(T x) { return x < T(0); }
KN_INLINE bool kn_signbit(float x) { return kn_copysign(1.0f, x) < 0.0f; }
KN_INLINE bool kn_signbit(double x) { return kn_copysign(1.0, x) < 0.0; }

template <class T> KN_INLINE T kn_heaviside(T x, T middle) {
    return x != x ? x : x == T(0) ? middle : x < T(0) ? T(0) : T(1);
}
// 1 for a zero: what a slope is divided by.
template <class T> KN_INLINE T kn_nonzero(T x) { return x == T(0) ? T(1) : x; }
