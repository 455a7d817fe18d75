// Softmax, its logarithm, and the cross entropy of scores and labels: a block to each row of
// (rows, classes). KN_T is float or double. Scores are shifted by their maximum, so that nothing
// overflows; a row with +inf in it, or with nothing but -inf, gives NaN.

#define KN_EACH_ROW(row, rows) \
    KN_LOOP for (i64 row = blockIdx.x; row < (rows); row += gridDim.x)
#define KN_EACH_CLASS(j, classes) \
    KN_LOOP for (i64 j = threadIdx.x; j < (classes); j += blockDim.x)

KN_INLINE KN_T kn_score(const KN_T* scores, const KN_T* bias, i64 j) {
    return bias ? scores[j] + bias[j] : scores[j];
}

KN_INLINE KN_T kn_top(const KN_T* scores, const KN_T* bias, i64 classes, KN_T* shared) {
    KN_T top = kn_limits<KN_T>::lowest();
    KN_EACH_CLASS(j, classes) top = kn_max(top, kn_score(scores, bias, j));
    return kn_block_reduce<Largest>(top, shared);
}

KN_INLINE KN_T kn_sum_of_powers(const KN_T* scores, const KN_T* bias, i64 classes, KN_T top,
                                KN_T* shared) {
    KN_T sum = 0;
    KN_EACH_CLASS(j, classes) sum += kn_exp(kn_score(scores, bias, j) - top);
    return kn_block_reduce<Add>(sum, shared);
}

extern "C" __global__ void kn_softmax(i64 rows, i64 classes, const KN_T* x, KN_T* y) {
    __shared__ KN_T shared[256];
    KN_EACH_ROW(row, rows) {
        const KN_T* scores = x + row * classes;
        const KN_T top = kn_top(scores, 0, classes, shared);
        const KN_T sum = kn_sum_of_powers(scores, 0, classes, top, shared);
        KN_EACH_CLASS(j, classes) y[row * classes + j] = kn_exp(scores[j] - top) / sum;
    }
}

// y times g less the mean of g that y weights.
extern "C" __global__ void kn_softmax_back(i64 rows, i64 classes, const KN_T* g, const KN_T* y,
                                           KN_T* dx) {
    __shared__ KN_T shared[256];
    KN_EACH_ROW(row, rows) {
        const i64 start = row * classes;
        KN_T own = 0;
        KN_EACH_CLASS(j, classes) own += g[start + j] * y[start + j];
        const KN_T mean = kn_block_reduce<Add>(own, shared);
        KN_EACH_CLASS(j, classes) dx[start + j] = y[start + j] * (g[start + j] - mean);
    }
}

extern "C" __global__ void kn_logsoftmax(i64 rows, i64 classes, const KN_T* x, KN_T* y) {
    __shared__ KN_T shared[256];
    KN_EACH_ROW(row, rows) {
        const KN_T* scores = x + row * classes;
        const KN_T top = kn_top(scores, 0, classes, shared);
        const KN_T log_sum = kn_log(kn_sum_of_powers(scores, 0, classes, top, shared));
        KN_EACH_CLASS(j, classes) y[row * classes + j] = scores[j] - top - log_sum;
    }
}

extern "C" __global__ void kn_logsoftmax_back(i64 rows, i64 classes, const KN_T* g, const KN_T* y,
                                              KN_T* dx) {
    __shared__ KN_T shared[256];
    KN_EACH_ROW(row, rows) {
        const i64 start = row * classes;
        KN_T own = 0;
        KN_EACH_CLASS(j, classes) own += g[start + j];
        const KN_T sum = kn_block_reduce<Add>(own, shared);
        KN_EACH_CLASS(j, classes) dx[start + j] = g[start + j] - kn_exp(y[start + j]) * sum;
    }
}

// What there is to know of the labels. One block.
struct Labels {
    i64 count;  // of those that count: from 0 to classes - 1
    i64 wrong;  // the first row whose label is neither that nor -1; -1 if there is none
};
struct Plus {
    KN_INLINE i64 combine(i64 first, i64 second) { return first + second; }
};
struct Earliest {
    KN_INLINE i64 combine(i64 first, i64 second) {
        return first < 0 || (second >= 0 && second < first) ? second : first;
    }
};

extern "C" __global__ void kn_labels(i64 rows, i64 classes, const i64* labels, Labels* found) {
    __shared__ i64 shared[256];
    i64 count = 0, wrong = -1;
    KN_LOOP for (i64 row = threadIdx.x; row < rows; row += blockDim.x) {
        const i64 label = labels[row];
        count += label >= 0 && label < classes;
        if (wrong < 0 && (label < -1 || label >= classes)) wrong = row;
    }
    count = kn_block_reduce<Plus>(count, shared);
    wrong = kn_block_reduce<Earliest>(wrong, shared);
    if (threadIdx.x == 0) *found = Labels{count, wrong};
}

// losses: (rows,), each row's part of the loss; 0 for one that does not count. gradient: of the scores,
// (rows, classes), or none. average: over the rows that count, otherwise the sum.
extern "C" __global__ void kn_cross_entropy(i64 rows, i64 classes, const KN_T* scores, const KN_T* bias,
                                            const i64* labels, const Labels* found, i32 average,
                                            KN_T* losses, KN_T* gradient) {
    __shared__ KN_T shared[256];
    const KN_T weight = KN_T(1.0 / (double)(average && found->count > 1 ? found->count : 1));
    KN_EACH_ROW(row, rows) {
        const KN_T* x = scores + row * classes;
        KN_T* dx = gradient + row * classes;
        const i64 label = labels[row];
        if (label < 0 || label >= classes) {  // the same for the whole block
            if (gradient) KN_EACH_CLASS(j, classes) dx[j] = 0;
            if (threadIdx.x == 0) losses[row] = 0;
            continue;
        }
        const KN_T top = kn_top(x, bias, classes, shared);
        const KN_T sum = kn_sum_of_powers(x, bias, classes, top, shared);
        if (threadIdx.x == 0)
            losses[row] = weight * (kn_log(sum) + (top - kn_score(x, bias, label)));
        if (gradient) {
            const KN_T q = weight / sum;
            KN_EACH_CLASS(j, classes)
                dx[j] = kn_exp(kn_score(x, bias, j) - top) * q - (j == label ? weight : KN_T(0));
        }
    }
}
