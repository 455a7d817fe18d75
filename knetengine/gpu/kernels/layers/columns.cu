// Windows of images as the columns of matrices, and back: convolutions become products of matrices.
//
// images: (planes, depth, height, width), planes being images times channels. columns: (planes, entries
// of a kernel, positions), so that the rows of an image's channels follow each other. KN_T is float or
// double.

extern "C" __global__ void kn_columns(i64 planes, const KN_T* images, KN_T* columns, Windows w) {
    const i64 entries = kn_volume(w.window), positions = kn_volume(w.out), volume = kn_volume(w.size);
    KN_GRID_STRIDE(t, planes * entries * positions) {
        const i64 row = t / positions, plane = row / entries;
        i32 at[3], of[3];
        kn_coordinates(t - row * positions, w.out, at);
        kn_coordinates(row - plane * entries, w.window, of);
        bool inside = true;
        i64 place = 0;
        KN_UNROLL for (i32 d = 0; d < 3; d++) {
            const i32 x = at[d] * w.stride[d] - w.padding[d] + of[d] * w.dilation[d];
            inside = inside && x >= 0 && x < w.size[d];
            place = place * w.size[d] + x;
        }
        columns[t] = inside ? images[plane * volume + place] : KN_T(0);
    }
}

// Each entry of an image is the sum of the columns' entries that came from it: kernel by kernel entry,
// in order, without atomics.
extern "C" __global__ void kn_images(i64 planes, const KN_T* columns, KN_T* images, Windows w) {
    const i64 entries = kn_volume(w.window), positions = kn_volume(w.out), volume = kn_volume(w.size);
    KN_GRID_STRIDE(t, planes * volume) {
        const i64 plane = t / volume;
        i32 x[3];
        kn_coordinates(t - plane * volume, w.size, x);
        KN_T sum = 0;
        KN_LOOP for (i64 entry = 0; entry < entries; entry++) {
            i32 of[3];
            kn_coordinates(entry, w.window, of);
            bool inside = true;
            i64 position = 0;
            KN_UNROLL for (i32 d = 0; d < 3; d++) {
                const i32 reach = x[d] + w.padding[d] - of[d] * w.dilation[d];
                const i32 at = reach / w.stride[d];
                inside = inside && reach >= 0 && at * w.stride[d] == reach && at < w.out[d];
                position = position * w.out[d] + at;
            }
            if (inside) sum += columns[(plane * entries + entry) * positions + position];
        }
        images[t] = sum;
    }
}
