// The places of what is not zero, in order: np.nonzero. KN_T is the type of what is looked at.

#define KN_EACH 4
#define KN_CHUNK (256 * KN_EACH)

struct Plus {
    KN_INLINE u32 combine(u32 first, u32 second) { return first + second; }
};

// Which entries of a chunk are not zero, looked up by neighbouring threads; then how many of a thread's own
// four are.
KN_INLINE u32 kn_look(const KN_T* from, const Layout& layout, i64 start, i64 n, u8* found) {
    KN_UNROLL for (u32 k = 0; k < KN_EACH; k++) {
        const u32 p = k * 256 + threadIdx.x;
        found[p] = start + p < n && kn_cast<bool>(from[kn_place(layout, start + p)]);
    }
    __syncthreads();
    u32 count = 0;
    KN_UNROLL for (u32 k = 0; k < KN_EACH; k++) count += found[threadIdx.x * KN_EACH + k];
    return count;
}

// How many each chunk of 1024 has.
extern "C" __global__ void kn_count(i64 n, i64 chunks, const KN_T* from, i64* counts, Layout layout) {
    __shared__ u32 shared[256];
    __shared__ u8 found[KN_CHUNK];
    KN_LOOP for (i64 chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
        const u32 own = kn_look(from, layout, chunk * KN_CHUNK, n, found);
        const u32 all = kn_block_reduce<Plus>(own, shared);
        if (threadIdx.x == 0) counts[chunk] = all;
    }
}

// Write the places, one row of `to` for each axis. ends: the scanned counts. shape: that of the array.
extern "C" __global__ void kn_select(i64 n, i64 chunks, i64 total, const KN_T* from, const i64* ends,
                                     i64* to, Layout layout, Layout shape) {
    __shared__ u32 shared[256];
    __shared__ u8 found[KN_CHUNK];
    KN_LOOP for (i64 chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
        const u32 own = kn_look(from, layout, chunk * KN_CHUNK, n, found);
        const u32 scanned = kn_block_scan<Plus>(own, shared);
        i64 place = (chunk > 0 ? ends[chunk - 1] : 0) + scanned - own;
        KN_UNROLL for (i32 k = 0; k < KN_EACH; k++) {
            const u32 p = threadIdx.x * KN_EACH + k;
            if (found[p]) {
                i64 rest = chunk * KN_CHUNK + p;
                KN_UNROLL for (i32 d = KN_AXES - 1; d >= 0; d--) {
                    if (d < shape.ndim) {
                        const i64 above = rest / shape.shape[d];
                        to[d * total + place] = rest - above * shape.shape[d];
                        rest = above;
                    }
                }
                place++;
            }
        }
        __syncthreads();
    }
}
