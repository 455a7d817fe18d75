// Sums of items by key, added to what is there: np.add.at, and the gradient of a look-up.
//
//   KN_T   the type of the numbers    KN_A   what they are accumulated in
//
// The items are sorted by key, equal ones in their order. A thread takes 32 sorted items, and one entry
// of each. Sums that lie within its items are added to the target at once. A sum that goes on beyond
// them is left in `tails`, one that began before in `heads`; a second launch puts these together.
// A sum's order is that of its items, 32 at a time: the same on every run.

#define KN_CHUNK 32

// keys, order: (items,). heads, tails: (chunks, entries). bound: the first key that does not count.
extern "C" __global__ void kn_segment_sums(i64 items, i64 entries, i64 bound, const i64* keys,
                                           const i64* order, const KN_T* from, KN_T* to, KN_A* heads,
                                           KN_A* tails, Layout from_layout, Layout places,
                                           Layout rest) {
    const i64 chunks = (items + KN_CHUNK - 1) / KN_CHUNK;
    KN_GRID_STRIDE(t, chunks * entries) {
        const i64 chunk = t / entries, r = t - chunk * entries;
        const i64 low = chunk * KN_CHUNK, high = low + KN_CHUNK < items ? low + KN_CHUNK : items;
        bool begun_before = low > 0 && keys[low - 1] == keys[low];
        KN_A sum = 0;
        KN_LOOP for (i64 i = low; i < high; i++) {
            const i64 key = keys[i];
            if (key >= bound) break;
            sum = kn_add(sum, kn_cast<KN_A>(from[kn_place(from_layout, order[i] * entries + r)]));
            const bool goes_on = i + 1 < items && keys[i + 1] == key;
            if (goes_on && i + 1 < high) continue;
            if (begun_before) {
                heads[t] = sum;
            } else if (goes_on) {
                tails[t] = sum;
            } else {
                KN_T* target = to + kn_place(places, key) + kn_place(rest, r);
                *target = kn_cast<KN_T>(kn_add(kn_cast<KN_A>(*target), sum));
            }
            begun_before = false;
            sum = 0;
        }
    }
}

// The sums that began in a chunk and go on beyond it.
extern "C" __global__ void kn_segment_rest(i64 items, i64 entries, i64 bound, const i64* keys, KN_T* to,
                                           const KN_A* heads, const KN_A* tails, Layout places,
                                           Layout rest) {
    const i64 chunks = (items + KN_CHUNK - 1) / KN_CHUNK;
    KN_GRID_STRIDE(t, (chunks - 1) * entries) {
        const i64 chunk = t / entries, r = t - chunk * entries;
        const i64 low = chunk * KN_CHUNK, end = low + KN_CHUNK;
        const i64 key = keys[end - 1];
        if (key >= bound || keys[end] != key) continue;             // nothing goes on
        if (low > 0 && keys[low - 1] == key) continue;              // nor began here
        KN_A sum = tails[t];
        KN_LOOP for (i64 next = end; next < items && keys[next] == key; next += KN_CHUNK)
            sum = kn_add(sum, heads[next / KN_CHUNK * entries + r]);
        KN_T* target = to + kn_place(places, key) + kn_place(rest, r);
        *target = kn_cast<KN_T>(kn_add(kn_cast<KN_A>(*target), sum));
    }
}
