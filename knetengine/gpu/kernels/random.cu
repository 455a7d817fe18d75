// Random numbers of a counter: number i of a sequence is a function of the seed, the sequence and i, and
// of nothing else. The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011).
//
//   KN_T   what is stored    KN_KIND   Uniform, Normal or Integers
//
// Numbers are equal to the last bit on every device: what is computed of them uses additions,
// multiplications, divisions and square roots only, each rounded by itself. A compiler must not make one
// operation of two, and a library's logarithm is another one on every device.

#ifdef KNET_HOST
KN_INLINE double kn_times(double x, double y) { return x * y; }
KN_INLINE double kn_plus(double x, double y) { return x + y; }
#else
KN_INLINE double kn_times(double x, double y) { return __dmul_rn(x, y); }
KN_INLINE double kn_plus(double x, double y) { return __dadd_rn(x, y); }
#endif

struct Four {
    u32 x[4];
};

// Block `counter` of a sequence: four numbers of 32 bits.
KN_INLINE Four kn_philox(u64 seed, u64 sequence, u64 counter) {
    u32 a = (u32)counter, b = (u32)(counter >> 32), c = (u32)sequence, d = (u32)(sequence >> 32);
    u32 key0 = (u32)seed, key1 = (u32)(seed >> 32);
    KN_UNROLL for (i32 round = 0; round < 10; round++) {
        const u64 first = (u64)a * 0xD2511F53u, second = (u64)c * 0xCD9E8D57u;
        a = (u32)(second >> 32) ^ b ^ key0;
        b = (u32)second;
        c = (u32)(first >> 32) ^ d ^ key1;
        d = (u32)first;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return Four{{a, b, c, d}};
}

// The high half of a product of 128 bits.
KN_INLINE u64 kn_high_product(u64 x, u64 y) {
    const u64 x0 = (u32)x, x1 = x >> 32, y0 = (u32)y, y1 = y >> 32;
    const u64 middle = x1 * y0 + (x0 * y0 >> 32);
    return x1 * y1 + (middle >> 32) + ((x0 * y1 + (u32)middle) >> 32);
}

// 2 * (s + s**3 / 3 + s**5 / 5 + ...), of u = 2**e * m with s = (m - 1) / (m + 1) and m near 1.
KN_INLINE double kn_log_of_share(double u) {
    i32 e = 0;
    KN_LOOP while (u < 0.70710678118654752440) {  // exact; 53 turns at most, 1 as often as not
        u = kn_times(u, 2.0);
        e--;
    }
    const double s = kn_plus(u, -1.0) / kn_plus(u, 1.0);
    const double z = kn_times(s, s);
    double p = 0.0;
    KN_UNROLL for (i32 k = 23; k >= 3; k -= 2) p = kn_plus(kn_times(p, z), 1.0 / k);
    p = kn_times(kn_times(p, z), s);
    return kn_plus(kn_times(kn_plus(s, p), 2.0), kn_times((double)e, 0.693147180559945309417));
}

// The cosine and the sine of 2 pi u, by quarters of a turn and Taylor's series.
KN_INLINE void kn_turn(double u, double& cosine, double& sine) {
    const double turn = kn_times(u, 4.0), quarter = kn_rint(turn);
    const double a = kn_times(kn_plus(turn, -quarter), 1.57079632679489661923);
    const double z = kn_times(a, a);
    double c = 0.0, s = 0.0;
    KN_UNROLL for (i32 k = 18; k >= 2; k -= 2) {
        c = kn_times(kn_plus(c, 1.0), kn_times(z, -1.0 / (k * (k - 1))));
        s = kn_times(kn_plus(s, 1.0), kn_times(z, -1.0 / (k * (k + 1))));
    }
    c = kn_plus(c, 1.0);
    s = kn_times(kn_plus(s, 1.0), a);
    const i32 q = (i32)quarter & 3;
    cosine = q == 0 ? c : q == 1 ? -s : q == 2 ? -c : s;
    sine = q == 0 ? s : q == 1 ? c : q == 2 ? -s : -c;
}

// Two normal numbers of two uniform ones, the first from 0, without it, to 1 (Box and Muller 1958).
KN_INLINE void kn_normal(double u, double v, double* out) {
    double cosine, sine;
    kn_turn(v, cosine, sine);
    const double radius = kn_sqrt(kn_times(kn_log_of_share(u), -2.0));
    out[0] = kn_times(radius, cosine);
    out[1] = kn_times(radius, sine);
}

KN_INLINE u64 kn_long(const Four& f, i32 half) { return f.x[2 * half] | (u64)f.x[2 * half + 1] << 32; }

// How many numbers a block of the generator makes, and which. `a` and `b` are the ends of a range, or
// mean and deviation. Wide numbers, of 64 bits, take two of the generator's.
struct Bounds {
    double a, b;
    i64 low;
    u64 range;  // 0 for 2**64
};

struct Uniform {
    static const i32 each = sizeof(KN_T) == 8 ? 2 : 4;
    KN_INLINE void make(const Four& f, const Bounds& bounds, KN_T* out) {
        KN_UNROLL for (i32 k = 0; k < each; k++) {
            // as many bits as the type has, so that it is less than 1 when rounded
            const double u = sizeof(KN_T) == 8   ? (double)(kn_long(f, k & 1) >> 11) * 0x1p-53
                             : sizeof(KN_T) == 4 ? (double)(f.x[k] >> 8) * 0x1p-24
                                                 : (double)(f.x[k] >> 21) * 0x1p-11;
            out[k] = kn_cast<KN_T>(kn_plus(bounds.a, kn_times(kn_plus(bounds.b, -bounds.a), u)));
        }
    }
};

struct Normal {
    static const i32 each = sizeof(KN_T) == 8 ? 2 : 4;
    KN_INLINE void make(const Four& f, const Bounds& bounds, KN_T* out) {
        double z[4];
        if (sizeof(KN_T) == 8) {
            kn_normal((double)((kn_long(f, 0) >> 11) + 1) * 0x1p-53, (double)(kn_long(f, 1) >> 11) * 0x1p-53, z);
        } else {
            kn_normal(((double)f.x[0] + 1) * 0x1p-32, (double)f.x[1] * 0x1p-32, z);
            kn_normal(((double)f.x[2] + 1) * 0x1p-32, (double)f.x[3] * 0x1p-32, z + 2);
        }
        KN_UNROLL for (i32 k = 0; k < each; k++)
            out[k] = kn_cast<KN_T>(kn_plus(bounds.a, kn_times(bounds.b, z[k])));
    }
};

// From `low` on, `range` of them, each as likely as another but for range / 2**64 at most.
struct Integers {
    static const i32 each = 2;
    KN_INLINE void make(const Four& f, const Bounds& bounds, KN_T* out) {
        KN_UNROLL for (i32 k = 0; k < each; k++) {
            const u64 number = kn_long(f, k);
            const u64 above = bounds.range ? kn_high_product(number, bounds.range) : number;
            out[k] = kn_cast<KN_T>((i64)((u64)bounds.low + above));
        }
    }
};

// What a thread makes in one go.
struct __align__(sizeof(KN_T) * KN_KIND::each) Together {
    KN_T x[KN_KIND::each];
};

extern "C" __global__ void kn_random(i64 n, u64 seed, u64 sequence, Bounds bounds, KN_T* to) {
    const i64 blocks = (n + KN_KIND::each - 1) / KN_KIND::each;
    const bool aligned = (u64)to % sizeof(Together) == 0;
    KN_GRID_STRIDE(block, blocks) {
        Together numbers;
        KN_KIND::make(kn_philox(seed, sequence, block), bounds, numbers.x);
        const i64 first = block * KN_KIND::each;
        if (aligned && first + KN_KIND::each <= n) {
            *(Together*)(to + first) = numbers;  // one store, of 16 bytes of float32
        } else {
            KN_UNROLL for (i32 k = 0; k < KN_KIND::each; k++)
                if (first + k < n) to[first + k] = numbers.x[k];
        }
    }
}
