// Items by arrays of indices: KN_T is u8, u16, u32 or u64 by the size of the numbers, but for keys.
//
// The first axes of an array are indexed, one array of indices for each, all of the same number of
// items; the axes that are left over make up what an item is. Negative indices count from the end.
// An index out of range is not followed: the first item that has one is left in `faults`.

struct Indices {
    i32 count;                // of indexed axes
    u64 addresses[KN_AXES];   // of i64 each
    i64 sizes[KN_AXES];
    i64 strides[KN_AXES];     // of the indexed array, in elements
};

// Where item b lies; false if an index is out of range. `key` numbers the items of the indexed axes.
KN_INLINE bool kn_item(const Indices& indices, i64 b, i64& place, i64& key) {
    bool inside = true;
    place = 0;
    key = 0;
    KN_UNROLL for (i32 a = 0; a < KN_AXES; a++) {
        if (a < indices.count) {
            const i64 size = indices.sizes[a];
            i64 index = ((const i64*)indices.addresses[a])[b];
            inside = inside && index >= -size && index < size;
            if (index < 0) index += size;
            place += index * indices.strides[a];
            key = key * size + index;
        }
    }
    return inside;
}

KN_INLINE void kn_report(i64* faults, i64 b) {
    if (faults) atomicMin(faults, b);
}

// to[b, r] = from[item b, r], for r over the entries of an item.
extern "C" __global__ void kn_gather(i64 items, i64 entries, const KN_T* from, KN_T* to, i64* faults,
                                     Indices indices, Layout rest, Layout to_layout) {
    KN_GRID_STRIDE(i, items * entries) {
        const i64 b = i / entries, r = i - b * entries;
        i64 place, key;
        const bool inside = kn_item(indices, b, place, key);
        if (!inside && r == 0) kn_report(faults, b);
        to[kn_place(to_layout, i)] = inside ? from[place + kn_place(rest, r)] : (KN_T)0;
    }
}

// Which item is the last that goes to each place: winners, all -1 before.
extern "C" __global__ void kn_winners(i64 items, i64* winners, Indices indices) {
    KN_GRID_STRIDE(b, items) {
        i64 place, key;
        if (kn_item(indices, b, place, key)) atomicMax(winners + key, b);
    }
}

// to[item b, r] = from[b, r]; of several items for one place the last, if there are winners.
extern "C" __global__ void kn_scatter(i64 items, i64 entries, const KN_T* from, KN_T* to, i64* faults,
                                      const i64* winners, Indices indices, Layout from_layout,
                                      Layout rest) {
    KN_GRID_STRIDE(i, items * entries) {
        const i64 b = i / entries, r = i - b * entries;
        i64 place, key;
        const bool inside = kn_item(indices, b, place, key);
        if (!inside && r == 0) kn_report(faults, b);
        if (inside && (!winners || winners[key] == b))
            to[place + kn_place(rest, r)] = from[kn_place(from_layout, i)];
    }
}

// The number of each item's place; `bound`, beyond all places, where an index is out of range.
extern "C" __global__ void kn_keys(i64 items, i64 bound, i64* keys, i64* faults, Indices indices) {
    KN_GRID_STRIDE(b, items) {
        i64 place, key;
        const bool inside = kn_item(indices, b, place, key);
        if (!inside) kn_report(faults, b);
        keys[b] = inside ? key : bound;
    }
}
