// Special functions that C has not. They compute in double, whatever the type: they are rare, and a
// float's digits then come for nothing.

// exp(x * x) * erfc(x).
KN_INLINE double kn_erfcx_of_double(double x) {
    if (x > 25.0) {  // erfc is about to underflow: the asymptotic series, whose terms fall 1250-fold
        const double s = 0.5 / (x * x);
        double sum = 1.0;
        KN_UNROLL for (i32 k = 11; k > 0; k -= 2) sum = 1.0 - k * s * sum;
        return sum / (x * 1.77245385090551602730);
    }
    // The square in two parts: its rounding error would be multiplied by up to 625.
    const double square = x * x, rest = fma(x, x, -square);
    const double scale = exp(square);
    return square > 709.0 ? scale * 2.0 : scale * (1.0 + rest) * erfc(x);
}

// The y with erf(y) == x, for |x| <= 0.5: the series' start, then three steps of Halley's method,
// each of which triples the digits.
KN_INLINE double kn_erfinv_near_zero(double x) {
    double y = x * (0.88622692545275801 + x * x * 0.23201366653465449);
    KN_LOOP for (i32 step = 0; step < 3; step++) {
        const double fault = (erf(y) - x) / (1.12837916709551257390 * exp(-y * y));
        y -= fault / (1.0 + y * fault);
    }
    return x == 0.0 ? x : y;
}

// The y with erfc(y) == p, for 0 < p <= 0.5: a rational start (Abramowitz and Stegun 26.2.22), then
// the same steps.
KN_INLINE double kn_erfcinv_of_tail(double p) {
    const double r = sqrt(-2.0 * log(p / 2.0));
    double y = 0.70711 * (r - (2.30753 + r * 0.27061) / (1.0 + r * (0.99229 + r * 0.04481)));
    KN_LOOP for (i32 step = 0; step < 3; step++) {
        const double fault = (erfc(y) - p) / (1.12837916709551257390 * exp(-y * y));
        y += fault / (1.0 - y * fault);
    }
    return y;
}

KN_INLINE double kn_erfcinv_of_double(double t) {
    if (!(t > 0.0 && t < 2.0))
        return t == 0.0 ? KN_INFINITY : t == 2.0 ? -KN_INFINITY : KN_INFINITY - KN_INFINITY;
    if (t >= 0.5 && t <= 1.5) return kn_erfinv_near_zero(1.0 - t);
    return t < 1.0 ? kn_erfcinv_of_tail(t) : -kn_erfcinv_of_tail(2.0 - t);
}

KN_INLINE double kn_erfinv_of_double(double x) {
    const double size = fabs(x);
    if (size <= 0.5) return kn_erfinv_near_zero(x);
    if (!(size < 1.0)) return size == 1.0 ? copysign(KN_INFINITY, x) : KN_INFINITY - KN_INFINITY;
    return copysign(kn_erfcinv_of_tail(1.0 - size), x);  // 1 - size is exact
}

// pi / tan(pi x), with x reduced first.
KN_INLINE double kn_pi_cotangent(double x) { return 3.14159265358979323846 * kn_cospi(x) / kn_sinpi(x); }

// The derivative of the logarithm of gamma: recurrence up to 10, then the asymptotic series
// (Abramowitz and Stegun 6.3.18). Left of 0.5 by reflection.
KN_INLINE double kn_digamma_of_double(double x) {
    if (x == 0.0) return -copysign(KN_INFINITY, x);
    if (x < 0.0 && x == floor(x)) return KN_INFINITY - KN_INFINITY;
    double result = 0.0;
    if (x < 0.5) {
        result = -kn_pi_cotangent(x);
        x = 1.0 - x;
    }
    KN_LOOP for (; x < 10.0; x += 1.0) result -= 1.0 / x;
    const double s = 1.0 / (x * x);
    const double series =
        s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132
        - s * (691.0 / 32760 - s * (1.0 / 12)))))));
    return result + log(x) - 0.5 / x - series;
}

// Its derivative: the same way (6.4.12).
KN_INLINE double kn_trigamma_of_double(double x) {
    if (x <= 0.0 && x == floor(x)) return KN_INFINITY;
    double result = 0.0, sign = 1.0;
    if (x < 0.5) {
        const double sine = kn_sinpi(x) / 3.14159265358979323846;
        result = 1.0 / (sine * sine);
        sign = -1.0;
        x = 1.0 - x;
    }
    double sum = 0.0;
    KN_LOOP for (; x < 10.0; x += 1.0) sum += 1.0 / (x * x);
    const double s = 1.0 / (x * x);
    const double series =
        s * (1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66
        - s * (691.0 / 2730 - s * (7.0 / 6)))))));
    return result + sign * (sum + 1.0 / x + 0.5 * s + series / x);
}

#define KN_SPECIAL(name) \
    KN_INLINE double kn_##name(double x) { return kn_##name##_of_double(x); } \
    KN_INLINE float kn_##name(float x) { return (float)kn_##name##_of_double(x); }
KN_SPECIAL(erfcx)
KN_SPECIAL(erfinv)
KN_SPECIAL(erfcinv)
KN_SPECIAL(digamma)
KN_SPECIAL(trigamma)
