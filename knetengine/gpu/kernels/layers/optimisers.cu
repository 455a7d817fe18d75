// Optimiser updates of all parameters in one launch, each array read and written once: the rules of
// knetengine.optim, with the arguments of knetengine.cpu.updates.
//
//   KN_T   float or double    KN_RULE   one of the rules below
//
// A rule changes a parameter w by its gradient g, and its state u and v. p[0] is the learning rate, p[1]
// the weight decay, the others are the rule's.

struct Constants {
    double p[8];
};
// Rounded to KN_T, as on the CPU.
#define KN_P(k) ((KN_T)constants.p[k])

struct Sgd {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T*, KN_T*, const Constants& constants) {
        w -= KN_P(0) * (g + KN_P(1) * w);
    }
};
struct Momentum {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T* u, KN_T*, const Constants& constants) {
        *u = KN_P(2) * *u + KN_P(0) * (g + KN_P(1) * w);
        w -= *u;
    }
};
struct Nesterov {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T* u, KN_T*, const Constants& constants) {
        const KN_T before = *u;
        *u = KN_P(2) * before - KN_P(0) * (g + KN_P(1) * w);
        w += (KN_T(1) + KN_P(2)) * *u - KN_P(2) * before;
    }
};
struct Adagrad {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T* u, KN_T*, const Constants& constants) {
        const KN_T d = g + KN_P(1) * w;
        *u += d * d;
        w -= KN_P(0) * d / kn_sqrt(*u + KN_P(2));
    }
};
struct Rmsprop {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T* u, KN_T*, const Constants& constants) {
        const KN_T d = g + KN_P(1) * w;
        *u = KN_P(2) * *u + (KN_T(1) - KN_P(2)) * d * d;
        w -= KN_P(0) * d / kn_sqrt(*u + KN_P(3));
    }
};
struct Adadelta {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T* u, KN_T* v, const Constants& constants) {
        const KN_T d = g + KN_P(1) * w, rho = KN_P(2), eps = KN_P(3);
        *u = rho * *u + (KN_T(1) - rho) * d * d;
        const KN_T step = d * kn_sqrt(*v + eps) / kn_sqrt(*u + eps);
        *v = rho * *v + (KN_T(1) - rho) * step * step;
        w -= KN_P(0) * step;
    }
};
// Adam, and AdamW, whose weight decay is apart from the gradient: p[7].
struct Adam {
    KN_INLINE void change(KN_T& w, KN_T g, KN_T* u, KN_T* v, const Constants& constants) {
        const KN_T d = g + KN_P(1) * w, beta1 = KN_P(2), beta2 = KN_P(3);
        *u = beta1 * *u + (KN_T(1) - beta1) * d;
        *v = beta2 * *v + (KN_T(1) - beta2) * d * d;
        const KN_T first = KN_P(5), second = KN_P(6);
        w -= KN_P(7) * w + KN_P(0) * (*u / first) / (kn_sqrt(*v / second) + KN_P(4));
    }
};

// One parameter: addresses of w, g, u and v, as many of the state as the rule has.
struct Parameter {
    u64 w, g, u, v;
    i64 size;
};

#define KN_PARAMETERS 64
struct Parameters {
    Parameter parameter[KN_PARAMETERS];
};

// The blocks of row y of the grid have parameter y. A few parameters come by value, any number in memory.
KN_INLINE void kn_change_all(const Parameter* parameters, i32 count, const Constants& constants) {
    KN_LOOP for (i32 k = blockIdx.y; k < count; k += gridDim.y) {
        const Parameter own = parameters[k];  // once, for what is written might be this table
        KN_T* w = (KN_T*)own.w;
        const KN_T* g = (const KN_T*)own.g;
        KN_T *u = (KN_T*)own.u, *v = (KN_T*)own.v;
        KN_GRID_STRIDE(i, own.size) KN_RULE::change(w[i], g[i], u + i, v + i, constants);
    }
}

extern "C" __global__ void kn_update(const __grid_constant__ Parameters parameters, i32 count,
                                     Constants constants) {
    kn_change_all(parameters.parameter, count, constants);
}
extern "C" __global__ void kn_update_many(const Parameter* parameters, i32 count, Constants constants) {
    kn_change_all(parameters, count, constants);
}
