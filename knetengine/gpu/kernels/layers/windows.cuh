// Windows that slide over the last three axes of an array: depth, height, width. One that has fewer has
// unit axes in front.

struct Windows {
    i32 size[3];      // of the array
    i32 window[3];    // how many entries a window, or a kernel, has
    i32 padding[3];   // on either side
    i32 stride[3];
    i32 dilation[3];  // from one entry of a window to the next
    i32 out[3];       // at how many positions
};

// The three coordinates of entry i.
KN_INLINE void kn_coordinates(i64 i, const i32* shape, i32* at) {
    const i64 line = i / shape[2];
    at[2] = (i32)(i - line * shape[2]);
    at[0] = (i32)(line / shape[1]);
    at[1] = (i32)(line - (i64)at[0] * shape[1]);
}

// The number of entries.
KN_INLINE i64 kn_volume(const i32* shape) { return (i64)shape[0] * shape[1] * shape[2]; }

// The positions, from first to last, whose windows of neighbours (dilation 1) hold entry x of an axis.
KN_INLINE i32 kn_first_position(const Windows& w, i32 axis, i32 x) {
    const i32 reach = x + w.padding[axis] - w.window[axis] + 1;
    return reach <= 0 ? 0 : (reach + w.stride[axis] - 1) / w.stride[axis];
}
KN_INLINE i32 kn_last_position(const Windows& w, i32 axis, i32 x) {
    const i32 last = (x + w.padding[axis]) / w.stride[axis];
    return last < w.out[axis] ? last : w.out[axis] - 1;
}
