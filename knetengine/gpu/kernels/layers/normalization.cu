// Batch and layer normalization, forward and backward: what knetengine.cpu does in `normalization`.
// KN_T is float or double. Means and variances are taken in two passes, for the difference of two large
// sums would lose the digits of the variance.
//
// Names: N instances, C channels, S places; R rows of D entries.

// ------------------------------------------------------------------------- batch: a block to a channel

// Entry i of channel c.
#define KN_AT(i, c) (((i) / S * C + (c)) * S + (i) % S)

// mean, var: out if `batch`, otherwise given. inverse: out, 1 / sqrt(var + eps).
extern "C" __global__ void kn_batch_moments(i64 N, i64 C, i64 S, const KN_T* x, i32 batch, double eps,
                                            KN_T* mean, KN_T* var, KN_T* inverse) {
    __shared__ KN_T shared[256];
    KN_LOOP for (i64 c = blockIdx.x; c < C; c += gridDim.x) {
        if (batch) {
            const KN_T guess = x[c * S];  // the sum of what is left is small
            KN_T own = 0;
            KN_LOOP for (i64 i = threadIdx.x; i < N * S; i += blockDim.x) own += x[KN_AT(i, c)] - guess;
            const KN_T middle = guess + kn_block_reduce<Add>(own, shared) / (KN_T)(N * S);
            own = 0;
            KN_LOOP for (i64 i = threadIdx.x; i < N * S; i += blockDim.x) {
                const KN_T d = x[KN_AT(i, c)] - middle;
                own += d * d;
            }
            const KN_T spread = kn_block_reduce<Add>(own, shared) / (KN_T)(N * S);
            if (threadIdx.x == 0) {
                mean[c] = middle;
                var[c] = spread;
            }
        }
        if (threadIdx.x == 0) inverse[c] = KN_T(1) / kn_sqrt(var[c] + (KN_T)eps);
    }
}

// params: (2C,), gains and then biases, or none.
extern "C" __global__ void kn_batch_scale(i64 N, i64 C, i64 S, const KN_T* x, const KN_T* params,
                                          const KN_T* mean, const KN_T* inverse, KN_T* y) {
    KN_GRID_STRIDE(i, N * C * S) {
        const i64 c = i / S % C;
        const KN_T gain = params ? params[c] : KN_T(1), bias = params ? params[C + c] : KN_T(0);
        y[i] = (x[i] - mean[c]) * (inverse[c] * gain) + bias;
    }
}

// The gradients of gains and biases: dparams (2C,).
extern "C" __global__ void kn_batch_sums(i64 N, i64 C, i64 S, const KN_T* g, const KN_T* x,
                                         const KN_T* mean, const KN_T* inverse, KN_T* dparams) {
    __shared__ KN_T shared[256];
    KN_LOOP for (i64 c = blockIdx.x; c < C; c += gridDim.x) {
        const KN_T middle = mean[c];
        KN_T gain = 0, bias = 0;
        KN_LOOP for (i64 i = threadIdx.x; i < N * S; i += blockDim.x) {
            const KN_T slope = g[KN_AT(i, c)];
            bias += slope;
            gain += slope * (x[KN_AT(i, c)] - middle);
        }
        gain = kn_block_reduce<Add>(gain, shared) * inverse[c];
        bias = kn_block_reduce<Add>(bias, shared);
        if (threadIdx.x == 0) {
            dparams[c] = gain;
            dparams[C + c] = bias;
        }
    }
}

// The gain over the deviation, times g less its parts along 1 and along x, if mean and deviation are those
// of the batch.
extern "C" __global__ void kn_batch_back(i64 N, i64 C, i64 S, const KN_T* g, const KN_T* x,
                                         const KN_T* params, const KN_T* mean, const KN_T* inverse,
                                         const KN_T* dparams, i32 batch, KN_T* dx) {
    KN_GRID_STRIDE(i, N * C * S) {
        const i64 c = i / S % C;
        const KN_T factor = params ? params[c] * inverse[c] : inverse[c];
        KN_T d = factor * g[i];
        if (batch) {
            const KN_T share = factor / (KN_T)(N * S);
            d -= share * (inverse[c] * dparams[c] * (x[i] - mean[c]) + dparams[C + c]);
        }
        dx[i] = d;
    }
}

// ----------------------------------------------------------------------------- layer: a block to a row

// gain, bias: (D,), or none.
extern "C" __global__ void kn_layer_norm(i64 R, i64 D, const KN_T* x, const KN_T* gain, const KN_T* bias,
                                         double eps, KN_T* mean, KN_T* inverse, KN_T* y) {
    __shared__ KN_T shared[256];
    KN_LOOP for (i64 r = blockIdx.x; r < R; r += gridDim.x) {
        const KN_T* row = x + r * D;
        const KN_T guess = row[0];
        KN_T own = 0;
        KN_LOOP for (i64 i = threadIdx.x; i < D; i += blockDim.x) own += row[i] - guess;
        const KN_T middle = guess + kn_block_reduce<Add>(own, shared) / (KN_T)D;
        own = 0;
        KN_LOOP for (i64 i = threadIdx.x; i < D; i += blockDim.x)
            own += (row[i] - middle) * (row[i] - middle);
        const KN_T var = kn_block_reduce<Add>(own, shared) / (KN_T)D;
        const KN_T q = KN_T(1) / kn_sqrt(var + (KN_T)eps);
        KN_LOOP for (i64 i = threadIdx.x; i < D; i += blockDim.x) {
            const KN_T z = (row[i] - middle) * q * (gain ? gain[i] : KN_T(1));
            y[r * D + i] = bias ? z + bias[i] : z;
        }
        if (threadIdx.x == 0) {
            mean[r] = middle;
            inverse[r] = q;
        }
    }
}

extern "C" __global__ void kn_layer_norm_back(i64 R, i64 D, const KN_T* g, const KN_T* x,
                                              const KN_T* gain, const KN_T* mean, const KN_T* inverse,
                                              KN_T* dx) {
    __shared__ KN_T shared[256];
    KN_LOOP for (i64 r = blockIdx.x; r < R; r += gridDim.x) {
        const i64 start = r * D;
        const KN_T middle = mean[r], q = inverse[r];
        KN_T along_one = 0, along_x = 0;
        KN_LOOP for (i64 i = threadIdx.x; i < D; i += blockDim.x) {
            const KN_T u = g[start + i] * (gain ? gain[i] : KN_T(1));
            along_one += u;
            along_x += u * (x[start + i] - middle) * q;
        }
        along_one = kn_block_reduce<Add>(along_one, shared) / (KN_T)D;
        along_x = kn_block_reduce<Add>(along_x, shared) / (KN_T)D;
        KN_LOOP for (i64 i = threadIdx.x; i < D; i += blockDim.x) {
            const KN_T u = g[start + i] * (gain ? gain[i] : KN_T(1));
            dx[start + i] = (u - along_one - (x[start + i] - middle) * q * along_x) * q;
        }
    }
}

// The gradients of gain and bias, each block's part of them: sums (gridDim.y, 2, D). 32 columns to a
// block; its threads along y take turns at the rows of the block's part.
extern "C" __global__ void kn_layer_norm_sums(i64 R, i64 D, const KN_T* g, const KN_T* x,
                                              const KN_T* mean, const KN_T* inverse, KN_T* sums) {
    __shared__ KN_T gains[256], biases[256];
    const i64 low = R * blockIdx.y / gridDim.y, high = R * (blockIdx.y + 1) / gridDim.y;
    const u32 me = threadIdx.y * blockDim.x + threadIdx.x;
    const i64 groups = (D + blockDim.x - 1) / blockDim.x;
    KN_LOOP for (i64 group = blockIdx.x; group < groups; group += gridDim.x) {
        const i64 column = group * blockDim.x + threadIdx.x;
        KN_T gain = 0, bias = 0;
        if (column < D) {
            KN_LOOP for (i64 r = low + threadIdx.y; r < high; r += blockDim.y) {
                const KN_T slope = g[r * D + column];
                gain += slope * ((x[r * D + column] - mean[r]) * inverse[r]);
                bias += slope;
            }
        }
        gains[me] = gain;
        biases[me] = bias;
        __syncthreads();
        KN_LOOP for (u32 half = blockDim.y / 2; half > 0; half /= 2) {
            if (threadIdx.y < half) {
                gains[me] += gains[me + half * blockDim.x];
                biases[me] += biases[me + half * blockDim.x];
            }
            __syncthreads();
        }
        if (threadIdx.y == 0 && column < D) {
            sums[(i64)blockIdx.y * 2 * D + column] = gains[me];
            sums[(i64)blockIdx.y * 2 * D + D + column] = biases[me];
        }
    }
}
