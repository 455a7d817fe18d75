// Copies of numbers as they are. Of their type only the size counts: KN_T is u8, u16, u32 or u64.

extern "C" __global__ void kn_copy(i64 n, const KN_T* from, KN_T* to, Layout from_layout,
                                   Layout to_layout) {
    KN_GRID_STRIDE(i, n) to[kn_place(to_layout, i)] = from[kn_place(from_layout, i)];
}

// Matrices whose rows lie side by side in `to` and whose columns do in `from`: (batch, height, width).
//
// A warp reads 32 neighbours of a column and writes 32 neighbours of a row, by way of a tile in shared
// memory. Its rows are 33 numbers apart, so that the 32 of a column lie in 32 different banks.
#define KN_TILE 32

struct Matrices {
    i64 batch, height, width;
    i64 from_matrix, from_column;           // distances in `from`; a row's entries follow that of columns
    i64 to_matrix, to_row;                  // distances in `to`; a row's entries are 1 apart
};

extern "C" __global__ void kn_transpose(const KN_T* from, KN_T* to, Matrices shape) {
    __shared__ KN_T tile[KN_TILE][KN_TILE + 1];
    const i64 down = (shape.height + KN_TILE - 1) / KN_TILE;
    const i64 across = (shape.width + KN_TILE - 1) / KN_TILE;
    KN_LOOP for (i64 t = blockIdx.x; t < shape.batch * down * across; t += gridDim.x) {
        const i64 matrix = t / (down * across), place = t - matrix * (down * across);
        const i64 top = place / across * KN_TILE, left = place % across * KN_TILE;
        const KN_T* source = from + matrix * shape.from_matrix;
        KN_T* target = to + matrix * shape.to_matrix;
        KN_LOOP for (u32 k = threadIdx.y; k < KN_TILE; k += blockDim.y) {
            const i64 row = top + threadIdx.x, column = left + k;
            if (row < shape.height && column < shape.width)
                tile[k][threadIdx.x] = source[column * shape.from_column + row];
        }
        __syncthreads();
        KN_LOOP for (u32 k = threadIdx.y; k < KN_TILE; k += blockDim.y) {
            const i64 row = top + k, column = left + threadIdx.x;
            if (row < shape.height && column < shape.width)
                target[row * shape.to_row + column] = tile[threadIdx.x][k];
        }
        __syncthreads();  // before the tile is filled again
    }
}

// Entries on the chosen side of a diagonal, zeros elsewhere, of matrices (..., rows, columns) that
// are contiguous in `to`: np.tril (lower) and np.triu.
extern "C" __global__ void kn_triangle(i64 n, i64 rows, i64 columns, i64 diagonal, i32 lower,
                                       const KN_T* from, KN_T* to, Layout from_layout) {
    KN_GRID_STRIDE(i, n) {
        const i64 column = i % columns, row = i / columns % rows;
        const bool kept = lower ? column - row <= diagonal : column - row >= diagonal;
        to[i] = kept ? from[kn_place(from_layout, i)] : (KN_T)0;
    }
}

// ------------------------------------------------------------------- many arrays to one, and back

// One of the arrays that lie behind each other along an axis of the whole.
struct Part {
    u64 address;
    i64 start;            // its first entry's place in the whole, in elements
    i64 size;             // its entries; the whole's shape but for the axis
    i64 length;           // along the axis
    i64 strides[KN_AXES];
};

#define KN_PARTS 24
struct Parts {
    Part part[KN_PARTS];
};

// The places of entry i of a part, in the whole and in the part. `whole.shape[axis]` is not the
// part's length, so the axis is looked at by itself.
KN_INLINE void kn_places(const Layout& whole, const Part* part, i32 axis, i64 i, i64& there,
                         i64& here) {
    there = part->start;
    here = 0;
    KN_UNROLL for (i32 d = KN_AXES - 1; d >= 0; d--) {
        if (d < whole.ndim) {
            const i64 length = d == axis ? part->length : whole.shape[d];
            const i64 rest = i / length, along = i - rest * length;
            there += along * whole.strides[d];
            here += along * part->strides[d];
            i = rest;
        }
    }
}

// The blocks of row y of the grid copy part y. A few parts come by value, any number in memory.
KN_INLINE void kn_join_parts(const Part* parts, i32 count, i32 axis, KN_T* to, const Layout& whole) {
    KN_LOOP for (i32 k = blockIdx.y; k < count; k += gridDim.y) {
        const Part* part = parts + k;
        const KN_T* from = (const KN_T*)part->address;
        KN_GRID_STRIDE(i, part->size) {
            i64 there, here;
            kn_places(whole, part, axis, i, there, here);
            to[there] = from[here];
        }
    }
}
KN_INLINE void kn_split_parts(const Part* parts, i32 count, i32 axis, const KN_T* from,
                              const Layout& whole) {
    KN_LOOP for (i32 k = blockIdx.y; k < count; k += gridDim.y) {
        const Part* part = parts + k;
        KN_T* to = (KN_T*)part->address;
        KN_GRID_STRIDE(i, part->size) {
            i64 there, here;
            kn_places(whole, part, axis, i, there, here);
            to[here] = from[there];
        }
    }
}

extern "C" __global__ void kn_join(const __grid_constant__ Parts parts, i32 count, i32 axis, KN_T* to,
                                   Layout whole) {
    kn_join_parts(parts.part, count, axis, to, whole);
}
extern "C" __global__ void kn_join_many(const Part* parts, i32 count, i32 axis, KN_T* to,
                                        Layout whole) {
    kn_join_parts(parts, count, axis, to, whole);
}
extern "C" __global__ void kn_split(const __grid_constant__ Parts parts, i32 count, i32 axis,
                                    const KN_T* from, Layout whole) {
    kn_split_parts(parts.part, count, axis, from, whole);
}
extern "C" __global__ void kn_split_many(const Part* parts, i32 count, i32 axis, const KN_T* from,
                                         Layout whole) {
    kn_split_parts(parts, count, axis, from, whole);
}
