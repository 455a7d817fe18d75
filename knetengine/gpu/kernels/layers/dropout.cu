// Dropout with a mask that is computed from a key and never kept. The generator is SplitMix64 (Steele,
// Lea, Flood 2014), as in knetengine.cpu.dropout: a key makes the same mask on every device. KN_T is
// float or double.

extern "C" __global__ void kn_dropout(i64 n, const KN_T* x, u64 key, u64 threshold, KN_T scale, KN_T* y) {
    KN_GRID_STRIDE(i, n) {
        u64 z = key + ((u64)i + 1) * 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z = z ^ (z >> 31);
        y[i] = x[i] * (z >= threshold ? scale : KN_T(0));
    }
}
