// One step of a recurrent layer, and the way back through one: what knetengine.cpu does in `lstm`, `gru`
// and `elman`, of which the gates' order and the equations are. KN_T is float or double.
//
// The products with matrices are not here. A step takes the input's part of the gates, which is projected
// for all steps at once, and the recurrent product of this step; going back, a step gives the gradient of
// that product, and what it leaves in dh is added to by the product with the transposed weights.
//
// Names: B sequences, H hidden units; t the step; lengths (B,), beyond which a sequence stands still and
// its outputs are zero, or none; rows (B,), which row of `projected` is the input, or none for row b.
// A thread has one hidden unit of one sequence.

struct Step {
    i64 B;
    i64 H;
    i64 t;
    i32 reverse;  // whether the steps went from the last to the first
};

KN_INLINE bool kn_stands(const Step& s, const i64* lengths, i64 b) { return lengths && s.t >= lengths[b]; }

// Whether this was the sequence's first step, so that the state before is that before all steps.
KN_INLINE bool kn_is_first(const Step& s, const i64* lengths, i64 steps, i64 b) {
    return s.reverse ? s.t == (lengths ? lengths[b] : steps) - 1 : s.t == 0;
}

// --------------------------------------------------- long short-term memory: forget, input, output, change

extern "C" __global__ void kn_lstm(Step s, const KN_T* projected, const i64* rows, const KN_T* recurrent,
                                   const i64* lengths, KN_T* h, KN_T* c, KN_T* y, KN_T* gates,
                                   KN_T* cells) {
    KN_GRID_STRIDE(i, s.B * s.H) {
        const i64 b = i / s.H, j = i - b * s.H, H = s.H;
        if (kn_stands(s, lengths, b)) {
            y[i] = 0;
            continue;
        }
        const KN_T* x = projected + (rows ? rows[b] : b) * 4 * H + j;
        const KN_T* r = recurrent + b * 4 * H + j;
        const KN_T forget = kn_sigm(x[0] + r[0]);
        const KN_T enter = kn_sigm(x[H] + r[H]);
        const KN_T leave = kn_sigm(x[2 * H] + r[2 * H]);
        const KN_T change = kn_tanh(x[3 * H] + r[3 * H]);
        const KN_T cell = c[i] * forget + enter * change;
        const KN_T out = leave * kn_tanh(cell);
        KN_T* gate = gates + b * 4 * H + j;
        gate[0] = forget;
        gate[H] = enter;
        gate[2 * H] = leave;
        gate[3 * H] = change;
        cells[i] = c[i] = cell;
        y[i] = h[i] = out;
    }
}

// before: the cells of the step before in the order of the steps. dh, dc: in, the gradients of the state
// after; out, of the cell before, and of h what does not come by the recurrent product: nothing.
extern "C" __global__ void kn_lstm_back(Step s, i64 steps, const KN_T* gates, const KN_T* cells,
                                        const KN_T* before, const KN_T* c0, const i64* lengths,
                                        const KN_T* g, KN_T* dh, KN_T* dc, KN_T* dgates) {
    KN_GRID_STRIDE(i, s.B * s.H) {
        const i64 b = i / s.H, j = i - b * s.H, H = s.H;
        KN_T* d = dgates + b * 4 * H + j;
        if (kn_stands(s, lengths, b)) {
            d[0] = d[H] = d[2 * H] = d[3 * H] = 0;
            continue;  // dh and dc go by it
        }
        const KN_T* gate = gates + b * 4 * H + j;
        const KN_T forget = gate[0], enter = gate[H], leave = gate[2 * H], change = gate[3 * H];
        const KN_T earlier = kn_is_first(s, lengths, steps, b) ? c0[i] : before[i];
        const KN_T squashed = kn_tanh(cells[i]);
        const KN_T out = g[i] + dh[i];
        const KN_T cell = dc[i] + out * leave * (KN_T(1) - squashed * squashed);
        d[0] = cell * earlier * forget * (KN_T(1) - forget);
        d[H] = cell * change * enter * (KN_T(1) - enter);
        d[2 * H] = out * squashed * leave * (KN_T(1) - leave);
        d[3 * H] = cell * enter * (KN_T(1) - change * change);
        dc[i] = cell * forget;
        dh[i] = 0;
    }
}

// ------------------------------------------------------------ gated recurrent unit: reset, update, new

// bias: (H,), of the recurrent product of the new gate. gates: (B, 4H), the fourth part being that
// product with its bias.
extern "C" __global__ void kn_gru(Step s, const KN_T* projected, const i64* rows, const KN_T* recurrent,
                                  const KN_T* bias, const i64* lengths, KN_T* h, KN_T* y, KN_T* gates) {
    KN_GRID_STRIDE(i, s.B * s.H) {
        const i64 b = i / s.H, j = i - b * s.H, H = s.H;
        if (kn_stands(s, lengths, b)) {
            y[i] = 0;
            continue;
        }
        const KN_T* x = projected + (rows ? rows[b] : b) * 3 * H + j;
        const KN_T* r = recurrent + b * 3 * H + j;
        const KN_T reset = kn_sigm(x[0] + r[0]);
        const KN_T update = kn_sigm(x[H] + r[H]);
        const KN_T product = r[2 * H] + bias[j];
        const KN_T fresh = kn_tanh(x[2 * H] + reset * product);
        KN_T* gate = gates + b * 4 * H + j;
        gate[0] = reset;
        gate[H] = update;
        gate[2 * H] = fresh;
        gate[3 * H] = product;
        y[i] = h[i] = fresh + update * (h[i] - fresh);
    }
}

// before: y of the step before. drecurrent: (B, 3H), of the recurrent product, and of the input's first
// two parts; dnew: (B, H), of its third. dh: out, what does not come by the product.
extern "C" __global__ void kn_gru_back(Step s, i64 steps, const KN_T* gates, const KN_T* before,
                                       const KN_T* h0, const i64* lengths, const KN_T* g, KN_T* dh,
                                       KN_T* drecurrent, KN_T* dnew) {
    KN_GRID_STRIDE(i, s.B * s.H) {
        const i64 b = i / s.H, j = i - b * s.H, H = s.H;
        KN_T* d = drecurrent + b * 3 * H + j;
        if (kn_stands(s, lengths, b)) {
            d[0] = d[H] = d[2 * H] = dnew[i] = 0;
            continue;
        }
        const KN_T* gate = gates + b * 4 * H + j;
        const KN_T reset = gate[0], update = gate[H], fresh = gate[2 * H], product = gate[3 * H];
        const KN_T earlier = kn_is_first(s, lengths, steps, b) ? h0[i] : before[i];
        const KN_T out = g[i] + dh[i];
        const KN_T inner = out * (KN_T(1) - update) * (KN_T(1) - fresh * fresh);
        dnew[i] = inner;
        d[0] = inner * product * reset * (KN_T(1) - reset);
        d[H] = out * (earlier - fresh) * update * (KN_T(1) - update);
        d[2 * H] = inner * reset;
        dh[i] = out * update;
    }
}

// -------------------------------------------------------------------- simple recurrent layer (Elman)

// rectified: max(0, x) instead of tanh(x).
extern "C" __global__ void kn_elman(Step s, i32 rectified, const KN_T* projected, const i64* rows,
                                    const KN_T* recurrent, const i64* lengths, KN_T* h, KN_T* y) {
    KN_GRID_STRIDE(i, s.B * s.H) {
        const i64 b = i / s.H, j = i - b * s.H;
        if (kn_stands(s, lengths, b)) {
            y[i] = 0;
            continue;
        }
        const KN_T sum = projected[(rows ? rows[b] : b) * s.H + j] + recurrent[i];
        y[i] = h[i] = rectified ? kn_relu(sum) : kn_tanh(sum);
    }
}

extern "C" __global__ void kn_elman_back(Step s, i32 rectified, const KN_T* y, const i64* lengths,
                                         const KN_T* g, KN_T* dh, KN_T* drecurrent) {
    KN_GRID_STRIDE(i, s.B * s.H) {
        if (kn_stands(s, lengths, i / s.H)) {
            drecurrent[i] = 0;
            continue;
        }
        const KN_T out = g[i] + dh[i];
        if (rectified)
            drecurrent[i] = y[i] == KN_T(0) ? KN_T(0) : out;
        else
            drecurrent[i] = out * (KN_T(1) - y[i] * y[i]);
        dh[i] = 0;
    }
}
