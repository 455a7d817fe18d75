// Maxima and sums of windows of planes (planes, depth, height, width), and the ways back: what
// knetengine.cpu does in `pooling` and `maxima`. Windows have no holes.
//
//   KN_T   float or double    KN_C   i8 or i32, which holds a place in a window, or -1
//
// Going back, each entry of an image looks up the windows that it is in, in their order: no atomics.

// The largest entry of each window, and its place there, counted in C order. Of equals the first wins, a
// NaN is larger than all numbers, and padding is never looked at.
extern "C" __global__ void kn_pool_max(i64 planes, const KN_T* x, KN_T* y, KN_C* chosen, Windows w) {
    const i64 positions = kn_volume(w.out), volume = kn_volume(w.size);
    KN_GRID_STRIDE(t, planes * positions) {
        const i64 plane = t / positions;
        i32 at[3];
        kn_coordinates(t - plane * positions, w.out, at);
        const KN_T* image = x + plane * volume;
        KN_T best = 0;
        i32 which = -1, place = 0;
        KN_LOOP for (i32 i = 0; i < w.window[0]; i++) {
            const i32 d = at[0] * w.stride[0] - w.padding[0] + i;
            KN_LOOP for (i32 j = 0; j < w.window[1]; j++) {
                const i32 h = at[1] * w.stride[1] - w.padding[1] + j;
                KN_LOOP for (i32 k = 0; k < w.window[2]; k++, place++) {
                    const i32 q = at[2] * w.stride[2] - w.padding[2] + k;
                    if (d < 0 || d >= w.size[0] || h < 0 || h >= w.size[1] || q < 0 || q >= w.size[2])
                        continue;
                    const KN_T v = image[((i64)d * w.size[1] + h) * w.size[2] + q];
                    if (which < 0 || (best == best && !(v <= best))) {
                        best = v;
                        which = place;
                    }
                }
            }
        }
        y[t] = best;
        chosen[t] = (KN_C)which;
    }
}

extern "C" __global__ void kn_pool_max_back(i64 planes, const KN_T* g, const KN_C* chosen, KN_T* dx,
                                            Windows w) {
    const i64 positions = kn_volume(w.out), volume = kn_volume(w.size);
    KN_GRID_STRIDE(t, planes * volume) {
        const i64 plane = t / volume;
        i32 x[3], low[3], high[3];
        kn_coordinates(t - plane * volume, w.size, x);
        KN_UNROLL for (i32 d = 0; d < 3; d++) {
            low[d] = kn_first_position(w, d, x[d]);
            high[d] = kn_last_position(w, d, x[d]);
        }
        KN_T sum = 0;
        KN_LOOP for (i32 e = low[0]; e <= high[0]; e++) {
            const i32 i = x[0] + w.padding[0] - e * w.stride[0];
            KN_LOOP for (i32 a = low[1]; a <= high[1]; a++) {
                const i32 j = x[1] + w.padding[1] - a * w.stride[1];
                KN_LOOP for (i32 q = low[2]; q <= high[2]; q++) {
                    const i32 k = x[2] + w.padding[2] - q * w.stride[2];
                    const i64 window = plane * positions + ((i64)e * w.out[1] + a) * w.out[2] + q;
                    if (chosen[window] == (i * w.window[1] + j) * w.window[2] + k) sum += g[window];
                }
            }
        }
        dx[t] = sum;
    }
}

// The sum of each window times its factor. factors: (positions,), the same for all planes.
extern "C" __global__ void kn_pool_sum(i64 planes, const KN_T* x, const KN_T* factors, KN_T* y,
                                       Windows w) {
    const i64 positions = kn_volume(w.out), volume = kn_volume(w.size);
    KN_GRID_STRIDE(t, planes * positions) {
        const i64 plane = t / positions, position = t - plane * positions;
        i32 at[3], low[3], high[3];
        kn_coordinates(position, w.out, at);
        KN_UNROLL for (i32 d = 0; d < 3; d++) {
            const i32 start = at[d] * w.stride[d] - w.padding[d];
            low[d] = start > 0 ? start : 0;
            high[d] = start + w.window[d] < w.size[d] ? start + w.window[d] : w.size[d];
        }
        const KN_T* image = x + plane * volume;
        KN_T sum = 0;
        KN_LOOP for (i32 i = low[0]; i < high[0]; i++)
            KN_LOOP for (i32 j = low[1]; j < high[1]; j++)
                KN_LOOP for (i32 k = low[2]; k < high[2]; k++)
                    sum += image[((i64)i * w.size[1] + j) * w.size[2] + k];
        y[t] = sum * factors[position];
    }
}

// Each entry gets the gradients, times their factors, of the windows that it is in.
extern "C" __global__ void kn_pool_sum_back(i64 planes, const KN_T* g, const KN_T* factors, KN_T* dx,
                                            Windows w) {
    const i64 positions = kn_volume(w.out), volume = kn_volume(w.size);
    KN_GRID_STRIDE(t, planes * volume) {
        const i64 plane = t / volume;
        i32 x[3], low[3], high[3];
        kn_coordinates(t - plane * volume, w.size, x);
        KN_UNROLL for (i32 d = 0; d < 3; d++) {
            low[d] = kn_first_position(w, d, x[d]);
            high[d] = kn_last_position(w, d, x[d]);
        }
        KN_T sum = 0;
        KN_LOOP for (i32 e = low[0]; e <= high[0]; e++)
            KN_LOOP for (i32 a = low[1]; a <= high[1]; a++)
                KN_LOOP for (i32 q = low[2]; q <= high[2]; q++) {
                    const i64 position = ((i64)e * w.out[1] + a) * w.out[2] + q;
                    sum += g[plane * positions + position] * factors[position];
                }
        dx[t] = sum;
    }
}
