"""The kernels: CUDA C++ in .cu files, and functions that launch them over arrays of a device."""
