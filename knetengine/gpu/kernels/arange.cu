// Numbers at equal distances: KN_T is what is stored, KN_A what is computed in, double or i64.

extern "C" __global__ void kn_arange(i64 n, KN_A start, KN_A step, KN_T* to, i64 stride) {
    KN_GRID_STRIDE(i, n) to[i * stride] = kn_cast<KN_T>(start + (KN_A)i * step);
}
