// A bias and what squashes it, in one go over (instances, channels, places), and the way back.
//
//   KN_T   float or double    KN_ACT   one of the activations below
//
// A slope is computed from the result where that can be, otherwise from what was squashed.

struct Linear {
    KN_INLINE KN_T value(KN_T z) { return z; }
    KN_INLINE KN_T slope_of_result(KN_T g, KN_T) { return g; }
};
struct Relu {
    KN_INLINE KN_T value(KN_T z) { return kn_relu(z); }
    KN_INLINE KN_T slope_of_result(KN_T g, KN_T y) { return y <= KN_T(0) ? KN_T(0) : g; }
};
struct Sigm {
    KN_INLINE KN_T value(KN_T z) { return kn_sigm(z); }
    KN_INLINE KN_T slope_of_result(KN_T g, KN_T y) { return g * y * (KN_T(1) - y); }
};
struct Tanh {
    KN_INLINE KN_T value(KN_T z) { return kn_tanh(z); }
    KN_INLINE KN_T slope_of_result(KN_T g, KN_T y) { return g * (KN_T(1) - y * y); }
};
struct Elu {
    KN_INLINE KN_T value(KN_T z) { return kn_elu(z); }
    KN_INLINE KN_T slope_of_result(KN_T g, KN_T y) { return g * kn_elu_slope(y); }
};
struct Selu {
    KN_INLINE KN_T value(KN_T z) { return kn_selu(z); }
    KN_INLINE KN_T slope_of_result(KN_T g, KN_T y) { return g * kn_selu_slope(y); }
};
struct Gelu {
    KN_INLINE KN_T value(KN_T z) { return kn_gelu(z); }
    KN_INLINE KN_T slope_of_argument(KN_T g, KN_T z) { return g * kn_gelu_slope(z); }
};
struct GeluTanh {
    KN_INLINE KN_T value(KN_T z) { return kn_gelu_tanh(z); }
    KN_INLINE KN_T slope_of_argument(KN_T g, KN_T z) { return g * kn_gelu_tanh_slope(z); }
};
struct Swish {
    KN_INLINE KN_T value(KN_T z) { return kn_swish(z); }
    KN_INLINE KN_T slope_of_argument(KN_T g, KN_T z) { return g * kn_swish_slope(z); }
};

// y may be x. bias: (channels,), or none.
extern "C" __global__ void kn_activate(i64 n, i64 channels, i64 places, const KN_T* x, const KN_T* bias,
                                       KN_T* y) {
    KN_GRID_STRIDE(i, n) {
        KN_T z = x[i];
        if (bias) z += bias[i / places % channels];
        y[i] = KN_ACT::value(z);
    }
}

#ifdef KN_BY_RESULT
// y: what kn_activate gave. dz may be g.
extern "C" __global__ void kn_activate_back(i64 n, const KN_T* g, const KN_T* y, KN_T* dz) {
    KN_GRID_STRIDE(i, n) dz[i] = KN_ACT::slope_of_result(g[i], y[i]);
}
#else
extern "C" __global__ void kn_activate_back(i64 n, i64 channels, i64 places, const KN_T* g,
                                            const KN_T* x, const KN_T* bias, KN_T* dz) {
    KN_GRID_STRIDE(i, n) {
        KN_T z = x[i];
        if (bias) z += bias[i / places % channels];
        dz[i] = KN_ACT::slope_of_argument(g[i], z);
    }
}
#endif
