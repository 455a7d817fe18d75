// Reductions of (outputs, length) numbers along their second axis, wherever they lie.
//
//   KN_T   the type of the numbers    KN_A   what they are accumulated in
//   KN_O   the type of the result     KN_OP  one of the operations below
//
// A block is (across, along) threads: the first axis counts outputs, the second takes turns along
// what is reduced. Each thread combines its share, the block combines its threads as a tree, and if
// the grid has several blocks along y, each leaves what it has for a second launch. The order depends
// on the sizes alone, never on which block comes first: results are the same on every run.

// An operation: what an accumulator starts with, what it takes of a number and its place, how two are
// combined, and what becomes of it after n numbers. `first` comes before `second`.
template <class T, class A> struct Total {
    KN_INLINE A start() { return A(0); }
    KN_INLINE A take(T x, i64) { return kn_cast<A>(x); }
    KN_INLINE A combine(A first, A second) { return kn_add(first, second); }
    KN_INLINE A finish(A a, i64) { return a; }
};

struct Sum : Total<KN_T, KN_A> {};

struct Mean : Total<KN_T, KN_A> {
    KN_INLINE KN_A finish(KN_A a, i64 n) { return a / (KN_A)n; }
};

struct SumOfAbs : Total<KN_T, KN_A> {
    KN_INLINE KN_A take(KN_T x, i64) { return kn_absolute(kn_cast<KN_A>(x)); }
};

struct SumOfSquares : Total<KN_T, KN_A> {
    KN_INLINE KN_A take(KN_T x, i64) {
        const KN_A a = kn_cast<KN_A>(x);
        return kn_multiply(a, a);
    }
};

template <class A> KN_INLINE A kn_root(A x) { return (A)kn_sqrt((double)x); }
KN_INLINE float kn_root(float x) { return kn_sqrt(x); }
struct Norm : SumOfSquares {
    KN_INLINE KN_A finish(KN_A a, i64) { return kn_root(a); }
};

struct CountNonzero : Total<KN_T, KN_A> {
    KN_INLINE KN_A take(KN_T x, i64) { return kn_cast<bool>(x); }
};

struct Any : Total<KN_T, KN_A> {
    KN_INLINE KN_A take(KN_T x, i64) { return kn_cast<bool>(x); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return first || second; }
};

struct All : Any {
    KN_INLINE KN_A start() { return KN_A(1); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return first && second; }
};

struct Prod : Total<KN_T, KN_A> {
    KN_INLINE KN_A start() { return KN_A(1); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_multiply(first, second); }
};

struct Max : Total<KN_T, KN_A> {
    KN_INLINE KN_A start() { return kn_limits<KN_A>::lowest(); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_max(first, second); }
};

struct Min : Total<KN_T, KN_A> {
    KN_INLINE KN_A start() { return kn_limits<KN_A>::highest(); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_min(first, second); }
};

struct MaxOfAbs : Max {
    KN_INLINE KN_A start() { return KN_A(0); }
    KN_INLINE KN_A take(KN_T x, i64) { return kn_absolute(kn_cast<KN_A>(x)); }
};

struct MinOfAbs : Min {
    KN_INLINE KN_A take(KN_T x, i64) { return kn_absolute(kn_cast<KN_A>(x)); }
};

// A number with its place; of equals the first one wins, and a NaN is beyond all numbers.
struct Placed {
    KN_A value;
    i64 place;  // -1 for none yet
};
template <bool largest> struct Arg {
    KN_INLINE Placed start() { return Placed{KN_A(0), -1}; }
    KN_INLINE Placed take(KN_T x, i64 i) { return Placed{kn_cast<KN_A>(x), i}; }
    KN_INLINE Placed combine(Placed a, Placed b) {
        if (a.place < 0 || b.place < 0) return a.place < 0 ? b : a;
        if (kn_isnan(a.value) != kn_isnan(b.value)) return kn_isnan(a.value) ? a : b;
        if (largest ? a.value > b.value : a.value < b.value) return a;
        if (largest ? b.value > a.value : b.value < a.value) return b;
        return a.place < b.place ? a : b;
    }
    KN_INLINE i64 finish(Placed a, i64) { return a.place; }
};
struct ArgMax : Arg<true> {};
struct ArgMin : Arg<false> {};

// Combine what the threads of a block hold for the same output; those of along 0 get the result.
template <class Op, class State> KN_INLINE State kn_combine_along(State state, State* shared) {
    const u32 me = threadIdx.y * blockDim.x + threadIdx.x;
    shared[me] = state;
    __syncthreads();
    KN_LOOP for (u32 half = blockDim.y / 2; half > 0; half /= 2) {
        if (threadIdx.y < half)
            shared[me] = Op::combine(shared[me], shared[me + half * blockDim.x]);
        __syncthreads();
    }
    return shared[me];  // what is next written there is each thread's own
}

// What an accumulator is between the two launches.
template <class Op> struct kn_state { typedef KN_A type; };
template <> struct kn_state<ArgMax> { typedef Placed type; };
template <> struct kn_state<ArgMin> { typedef Placed type; };
typedef kn_state<KN_OP>::type State;

// The numbers of output o lie at kept(o) + reduced(i). With one block along y, `to` gets the results;
// otherwise `rest`, (gridDim.y, outputs), what each block has.
extern "C" __global__ void kn_reduce(i64 outputs, i64 length, const KN_T* from, KN_O* to, State* rest,
                                     Layout kept, Layout reduced, Layout to_layout) {
    __shared__ __align__(16) u8 memory[256 * sizeof(State)];
    State* shared = (State*)memory;
    const i64 low = length * blockIdx.y / gridDim.y, high = length * (blockIdx.y + 1) / gridDim.y;
    const i64 groups = (outputs + blockDim.x - 1) / blockDim.x;
    KN_LOOP for (i64 group = blockIdx.x; group < groups; group += gridDim.x) {
        const i64 output = group * blockDim.x + threadIdx.x;
        State state = KN_OP::start();
        if (output < outputs) {
            const KN_T* start = from + kn_place(kept, output);
            KN_LOOP for (i64 i = low + threadIdx.y; i < high; i += blockDim.y)
                state = KN_OP::combine(state, KN_OP::take(start[kn_place(reduced, i)], i));
        }
        state = kn_combine_along<KN_OP>(state, shared);
        if (threadIdx.y == 0 && output < outputs) {
            if (gridDim.y == 1)
                to[kn_place(to_layout, output)] = kn_cast<KN_O>(KN_OP::finish(state, length));
            else
                rest[blockIdx.y * outputs + output] = state;
        }
    }
}

// The second launch: combine what `parts` blocks left of each output, in their order.
extern "C" __global__ void kn_reduce_rest(i64 outputs, i64 parts, i64 length, const State* rest,
                                          KN_O* to, Layout to_layout) {
    __shared__ __align__(16) u8 memory[256 * sizeof(State)];
    State* shared = (State*)memory;
    const i64 groups = (outputs + blockDim.x - 1) / blockDim.x;
    KN_LOOP for (i64 group = blockIdx.x; group < groups; group += gridDim.x) {
        const i64 output = group * blockDim.x + threadIdx.x;
        State state = KN_OP::start();
        if (output < outputs)
            KN_LOOP for (i64 i = threadIdx.y; i < parts; i += blockDim.y)
                state = KN_OP::combine(state, rest[i * outputs + output]);
        state = kn_combine_along<KN_OP>(state, shared);
        if (threadIdx.y == 0 && output < outputs)
            to[kn_place(to_layout, output)] = kn_cast<KN_O>(KN_OP::finish(state, length));
    }
}
