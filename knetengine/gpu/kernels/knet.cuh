// What all kernels stand on: numbers of fixed width, float16, casts, places in strided arrays,
// order with NaN, and sums of a block. It is put in front of every source as text.
//
// There is one source for two machines. NVIDIA's compilers make a GPU's code of it; with KNET_HOST
// defined a C++ compiler makes the CPU's, and what CUDA has and C++ lacks is defined before.

typedef signed char i8;
typedef unsigned char u8;
typedef unsigned short u16;
typedef int i32;
typedef unsigned u32;
typedef long long i64;
typedef unsigned long long u64;

#ifdef KNET_HOST
#define KN_INLINE static inline
#define KN_UNROLL
#define KN_LOOP
#define KN_INFINITY __builtin_inf()
#else
#define KN_INLINE static __device__ __forceinline__
#define KN_UNROLL _Pragma("unroll")
// Not unrolled: a thread rarely comes round twice, and the copies would cost a division and registers.
#define KN_LOOP _Pragma("unroll 1")
#define KN_INFINITY __longlong_as_double(0x7ff0000000000000LL)
// Dynamic shared memory. All kernels of a module share one name of one type.
#define KN_SHARED(T, name) \
    extern __shared__ __align__(16) u8 kn_dynamic[]; \
    T* name = (T*)kn_dynamic
#endif

// Each thread's share of 0 ... n - 1: i, i + threads of the grid, and so on.
#define KN_GRID_STRIDE(i, n) \
    KN_LOOP for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < (n); \
                 i += (i64)gridDim.x * blockDim.x)

// ---------------------------------------------------------------------------------------- float16

// As it is stored; all computing is in float.
struct f16 {
    u16 bits;
};

#ifdef KNET_HOST

KN_INLINE double kn_from_half(u16 bits) {
    const u64 sign = (u64)(bits >> 15) << 63;
    const i32 exponent = bits >> 10 & 31;
    u64 fraction = bits & 1023;
    if (exponent == 0) {  // zero, or subnormal: so many times 2**-24
        const double size = (double)fraction * 5.9604644775390625e-8;
        return sign ? -size : size;
    }
    const u64 wide = exponent == 31 ? 2047 : (u64)(exponent - 15 + 1023);
    fraction = sign | wide << 52 | fraction << 42;
    double number;
    __builtin_memcpy(&number, &fraction, 8);
    return number;
}

// To the nearest, ties to even.
KN_INLINE u16 kn_to_half(double number) {
    u64 bits;
    __builtin_memcpy(&bits, &number, 8);
    const u16 sign = (u16)(bits >> 48 & 0x8000);
    const u64 size = bits & 0x7fffffffffffffffULL;
    if (size > 0x7ff0000000000000ULL) return (u16)(sign | 0x7fff);  // NaN, as cvt gives it
    if (size >= 0x40effe0000000000ULL) return (u16)(sign | 0x7c00);  // from 65520 on: infinity
    const i32 exponent = (i32)(size >> 52) - 1023;
    if (exponent < -25) return sign;
    const u64 digits = (size & 0xfffffffffffffULL) | 0x10000000000000ULL;
    // The last place is worth 2**-24 below 2**-14, and 2**(exponent - 10) above.
    const i32 shift = exponent < -14 ? 28 - exponent : 42;
    u64 half = digits >> shift;
    const u64 rest = digits & (((u64)1 << shift) - 1), middle = (u64)1 << (shift - 1);
    if (rest > middle || (rest == middle && (half & 1))) half++;
    // A carry out of the fraction goes into the exponent, which is then right.
    return (u16)(sign | (exponent < -14 ? half : half + ((u64)(exponent + 14) << 10)));
}

KN_INLINE float kn_float(f16 x) { return (float)kn_from_half(x.bits); }
KN_INLINE f16 kn_half(float x) { return f16{kn_to_half(x)}; }
KN_INLINE f16 kn_half(double x) { return f16{kn_to_half(x)}; }

#else

KN_INLINE float kn_float(f16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
}
KN_INLINE f16 kn_half(float x) {
    f16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
}
KN_INLINE f16 kn_half(double x) {
    f16 y;
    asm("cvt.rn.f16.f64 %0, %1;" : "=h"(y.bits) : "d"(x));
    return y;
}

#endif

// ------------------------------------------------------------------------------------------ casts

// What numbers of a stored type are computed in.
template <class T> struct kn_computing { typedef T type; };
template <> struct kn_computing<f16> { typedef float type; };

// kn_to<To>::from(x) converts as NumPy's astype does. A float that an integer type cannot hold is
// undefined there, and here.
template <class To> struct kn_to {
    template <class From> KN_INLINE To from(From x) { return (To)x; }
    KN_INLINE To from(f16 x) { return (To)kn_float(x); }
};
template <> struct kn_to<u8> {
    template <class From> KN_INLINE u8 from(From x) { return (u8)x; }
    KN_INLINE u8 from(float x) { return (u8)(i32)x; }  // negative ones wrap, as on x86
    KN_INLINE u8 from(double x) { return (u8)(i32)x; }
    KN_INLINE u8 from(f16 x) { return (u8)(i32)kn_float(x); }
};
template <> struct kn_to<f16> {
    template <class From> KN_INLINE f16 from(From x) { return kn_half((float)x); }
    KN_INLINE f16 from(double x) { return kn_half(x); }  // rounded once
    KN_INLINE f16 from(f16 x) { return x; }
};

template <class To, class From> KN_INLINE To kn_cast(From x) { return kn_to<To>::from(x); }

// --------------------------------------------------------------------------------- strided arrays

#define KN_AXES 8

// An array's shape, and the distance in elements from one entry to the next along each axis. There
// is at least one axis; axes from ndim on are not looked at.
struct Layout {
    i32 ndim;
    i64 shape[KN_AXES];
    i64 strides[KN_AXES];
};

// Where entry i, counted in C order, lies.
KN_INLINE i64 kn_place(const Layout& a, i64 i) {
    i64 place = 0;
    KN_UNROLL for (i32 d = KN_AXES - 1; d > 0; d--) {
        if (d < a.ndim) {
            const i64 rest = i / a.shape[d];
            place += (i - rest * a.shape[d]) * a.strides[d];
            i = rest;
        }
    }
    return place + i * a.strides[0];
}

// ------------------------------------------------------------------------------------------ order

template <class T> KN_INLINE bool kn_isnan(T x) { return x != x; }
KN_INLINE bool kn_isnan(f16 x) { return (x.bits & 0x7fff) > 0x7c00; }

// As np.maximum and np.minimum: a NaN wins, the first of two.
template <class T> KN_INLINE T kn_max(T x, T y) { return x >= y || x != x ? x : y; }
template <class T> KN_INLINE T kn_min(T x, T y) { return x <= y || x != x ? x : y; }

// The ends of a type's order.
template <class T> struct kn_limits;
template <> struct kn_limits<bool> {
    KN_INLINE bool lowest() { return false; }
    KN_INLINE bool highest() { return true; }
};
template <> struct kn_limits<u8> {
    KN_INLINE u8 lowest() { return 0; }
    KN_INLINE u8 highest() { return 255; }
};
template <> struct kn_limits<i32> {
    KN_INLINE i32 lowest() { return -2147483647 - 1; }
    KN_INLINE i32 highest() { return 2147483647; }
};
template <> struct kn_limits<i64> {
    KN_INLINE i64 lowest() { return -9223372036854775807LL - 1; }
    KN_INLINE i64 highest() { return 9223372036854775807LL; }
};
template <> struct kn_limits<float> {
    KN_INLINE float highest() { return (float)KN_INFINITY; }
    KN_INLINE float lowest() { return -(float)KN_INFINITY; }
};
template <> struct kn_limits<double> {
    KN_INLINE double highest() { return KN_INFINITY; }
    KN_INLINE double lowest() { return -KN_INFINITY; }
};

// -------------------------------------------------------------------------------- what blocks share

// Combine the values of a block's threads, in the order of a tree that depends on blockDim alone:
// thread t takes those of t + 128, t + 64 ... The block is of one axis, its size a power of two, and
// `shared` has room for it. Every thread gets the result.
template <class Op, class A> KN_INLINE A kn_block_reduce(A value, A* shared) {
    shared[threadIdx.x] = value;
    __syncthreads();
    KN_LOOP for (u32 half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            shared[threadIdx.x] = Op::combine(shared[threadIdx.x], shared[threadIdx.x + half]);
        __syncthreads();
    }
    value = shared[0];
    __syncthreads();  // before `shared` is used again
    return value;
}

struct Add {
    template <class A> KN_INLINE A combine(A x, A y) { return x + y; }
};
struct Largest {
    template <class A> KN_INLINE A combine(A x, A y) { return kn_max(x, y); }
};

// The values of the threads up to and with this one, combined in their order; the block and `shared`
// as above. The last thread's is that of all.
template <class Op, class A> KN_INLINE A kn_block_scan(A value, A* shared) {
    shared[threadIdx.x] = value;
    __syncthreads();
    KN_LOOP for (u32 reach = 1; reach < blockDim.x; reach *= 2) {
        const bool more = threadIdx.x >= reach;
        if (more) value = Op::combine(shared[threadIdx.x - reach], value);
        __syncthreads();  // all have read
        if (more) shared[threadIdx.x] = value;
        __syncthreads();
    }
    return value;
}
