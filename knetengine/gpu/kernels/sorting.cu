// A stable sort of keys, four bits at a time from the lowest: after each pass the keys are in the order
// of all bits looked at so far. Source: Satish, Harris and Garland 2009, without their refinements.
//
// Tiles of 1024 keys are counted by digit; the counts, digit by digit and within a digit tile by tile,
// are scanned, which says where the keys of each digit of each tile go; then every key goes there, in
// the order it had. Nothing depends on which thread comes first.

#define KN_DIGITS 16
#define KN_EACH 4  // keys of a thread, one behind the other
#define KN_TILE (256 * KN_EACH)

// Where the count of a digit and a thread is kept. A word of padding after each 32, and rows of 288,
// have both ways of going through them meet all banks: a warp's threads each at their own count, and
// each at the first of 16 neighbours.
#define KN_ROW 288
#define KN_AT(digit, thread) ((digit) * KN_ROW + (thread) + ((thread) >> 5))

struct Plus {
    KN_INLINE u32 combine(u32 first, u32 second) { return first + second; }
};

// In `counts`, digit by digit, how many keys of each digit each thread has; in `before`, how many a
// thread itself had already when it came to each of its keys.
KN_INLINE void kn_count_digits(const i64* keys, i64 n, i64 first, i32 shift, u32* counts,
                               u32* before) {
    KN_UNROLL for (u32 d = 0; d < KN_DIGITS; d++) counts[KN_AT(d, threadIdx.x)] = 0;
    KN_UNROLL for (i32 k = 0; k < KN_EACH; k++) {
        if (first + k < n) {
            const u32 digit = keys[first + k] >> shift & (KN_DIGITS - 1);
            before[k] = counts[KN_AT(digit, threadIdx.x)]++;
        }
    }
    __syncthreads();
}

// totals: (digits, tiles), out.
extern "C" __global__ void kn_digit_totals(i64 n, i64 tiles, i32 shift, const i64* keys, i64* totals) {
    __shared__ u32 counts[KN_DIGITS * KN_ROW];
    KN_LOOP for (i64 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        u32 before[KN_EACH];
        kn_count_digits(keys, n, tile * KN_TILE + threadIdx.x * KN_EACH, shift, counts, before);
        // 16 threads add up each digit: 16 counts each, then as a tree
        const u32 digit = threadIdx.x / 16, part = threadIdx.x % 16;
        u32 sum = 0;
        KN_UNROLL for (u32 k = 0; k < 16; k++) sum += counts[KN_AT(digit, part * 16 + k)];
        __syncthreads();
        counts[threadIdx.x] = sum;
        __syncthreads();
        KN_LOOP for (u32 half = 8; half > 0; half /= 2) {
            if (part < half) counts[threadIdx.x] += counts[threadIdx.x + half];
            __syncthreads();
        }
        if (part == 0) totals[digit * tiles + tile] = counts[threadIdx.x];
        __syncthreads();
    }
}

// ends: the scanned totals, (digits, tiles). values: what goes with the keys; none for 0, 1, 2 ...
extern "C" __global__ void kn_digit_scatter(i64 n, i64 tiles, i32 shift, const i64* keys,
                                            const i64* values, const i64* totals, const i64* ends,
                                            i64* sorted_keys, i64* sorted_values) {
    __shared__ u32 counts[KN_DIGITS * KN_ROW];
    __shared__ u32 shared[256];
    KN_LOOP for (i64 tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        const i64 first = tile * KN_TILE + threadIdx.x * KN_EACH;
        u32 before[KN_EACH];
        kn_count_digits(keys, n, first, shift, counts, before);
        // each thread scans 16 neighbouring counts, which lie side by side, the block their sums
        u32* mine = counts + KN_AT(threadIdx.x / 16, threadIdx.x % 16 * 16);
        u32 sum = 0;
        KN_UNROLL for (u32 k = 0; k < KN_DIGITS; k++) sum += mine[k];
        u32 ahead = kn_block_scan<Plus>(sum, shared) - sum;
        KN_UNROLL for (u32 k = 0; k < KN_DIGITS; k++) {
            const u32 count = mine[k];
            mine[k] = ahead;
            ahead += count;
        }
        __syncthreads();
        KN_UNROLL for (i32 k = 0; k < KN_EACH; k++) {
            if (first + k < n) {
                const i64 key = keys[first + k];
                const u32 digit = key >> shift & (KN_DIGITS - 1);
                // its rank among the tile's keys of this digit
                const u32 rank = counts[KN_AT(digit, threadIdx.x)] + before[k] - counts[KN_AT(digit, 0)];
                const i64 start = ends[digit * tiles + tile] - totals[digit * tiles + tile];
                sorted_keys[start + rank] = key;
                sorted_values[start + rank] = values ? values[first + k] : first + k;
            }
        }
        __syncthreads();
    }
}
