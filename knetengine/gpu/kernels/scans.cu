// Running sums, products and extremes along an axis: (rows, length) numbers, wherever they lie.
//
//   KN_T   the type of the numbers       KN_A   what they are accumulated in
//   KN_O   the type of the results       KN_OP  one of the operations below
//
// A row is cut into chunks of 1024. Their totals come first, then what precedes each chunk (a scan of
// the totals), then the scan of each chunk. A row of one chunk needs the last step only.

struct Sum {
    KN_INLINE KN_A start() { return KN_A(0); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_add(first, second); }
};
struct Prod {
    KN_INLINE KN_A start() { return KN_A(1); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_multiply(first, second); }
};
struct Max {
    KN_INLINE KN_A start() { return kn_limits<KN_A>::lowest(); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_max(first, second); }
};
struct Min {
    KN_INLINE KN_A start() { return kn_limits<KN_A>::highest(); }
    KN_INLINE KN_A combine(KN_A first, KN_A second) { return kn_min(first, second); }
};

#define KN_EACH 4  // numbers of a thread, one behind the other
#define KN_CHUNK (256 * KN_EACH)

// Where number p of a chunk is kept: with a word of padding after each 32, a warp whose threads are 4
// numbers apart meets all banks.
#define KN_SLOT(p) ((p) + ((p) >> 5))
#define KN_SLOTS (KN_CHUNK + KN_CHUNK / 32)

// Fetch a chunk, neighbours by neighbouring threads; beyond the end stands what an operation starts with.
KN_INLINE void kn_fetch(const KN_T* row, i64 step, i64 start, i64 length, KN_A* numbers) {
    KN_UNROLL for (u32 k = 0; k < KN_EACH; k++) {
        const u32 p = k * 256 + threadIdx.x;
        numbers[KN_SLOT(p)] = start + p < length ? kn_cast<KN_A>(row[(start + p) * step]) : KN_OP::start();
    }
    __syncthreads();
}

// A thread's own numbers of a chunk, scanned; the last of them.
KN_INLINE KN_A kn_own(const KN_A* numbers, KN_A* scanned) {
    KN_A so_far = KN_OP::start();
    KN_UNROLL for (u32 k = 0; k < KN_EACH; k++)
        scanned[k] = so_far = KN_OP::combine(so_far, numbers[KN_SLOT(threadIdx.x * KN_EACH + k)]);
    return so_far;
}

extern "C" __global__ void kn_scan_totals(i64 rows, i64 length, i64 chunks, const KN_T* from,
                                          KN_A* totals, i64 step, Layout kept) {
    __shared__ KN_A numbers[KN_SLOTS], shared[256];
    KN_LOOP for (i64 t = blockIdx.x; t < rows * chunks; t += gridDim.x) {
        const i64 row = t / chunks, start = (t - row * chunks) * KN_CHUNK;
        kn_fetch(from + kn_place(kept, row), step, start, length, numbers);
        KN_A scanned[KN_EACH];
        // in the order of the numbers, which a product of floats or a NaN's payload may depend on
        const KN_A all = kn_block_scan<KN_OP>(kn_own(numbers, scanned), shared);
        if (threadIdx.x == 255) totals[t] = all;
    }
}

// ends: the scanned totals, (rows, chunks), which end with that of the chunk; none for one chunk. `to` may
// be `from`: a chunk is read before it is written.
extern "C" __global__ void kn_scan(i64 rows, i64 length, i64 chunks, const KN_T* from, KN_O* to,
                                   const KN_A* ends, i64 step, i64 to_step, Layout kept,
                                   Layout to_kept) {
    __shared__ KN_A numbers[KN_SLOTS], shared[256];
    KN_LOOP for (i64 t = blockIdx.x; t < rows * chunks; t += gridDim.x) {
        const i64 row = t / chunks, chunk = t - row * chunks, start = chunk * KN_CHUNK;
        kn_fetch(from + kn_place(kept, row), step, start, length, numbers);
        KN_A scanned[KN_EACH];
        kn_block_scan<KN_OP>(kn_own(numbers, scanned), shared);
        KN_A before = chunk > 0 ? ends[t - 1] : KN_OP::start();
        if (threadIdx.x > 0) before = KN_OP::combine(before, shared[threadIdx.x - 1]);
        KN_UNROLL for (u32 k = 0; k < KN_EACH; k++)  // each thread's own places
            numbers[KN_SLOT(threadIdx.x * KN_EACH + k)] = KN_OP::combine(before, scanned[k]);
        __syncthreads();
        KN_O* target = to + kn_place(to_kept, row);
        KN_UNROLL for (u32 k = 0; k < KN_EACH; k++) {
            const u32 p = k * 256 + threadIdx.x;
            if (start + p < length) target[(start + p) * to_step] = kn_cast<KN_O>(numbers[KN_SLOT(p)]);
        }
        // What is fetched next each thread puts where it has just read.
    }
}
