"""Kernels for NumPy arrays, compiled by Numba on first use: where the models spend their time.

A kernel works on plain arrays and knows nothing of gradients; `knetengine.nn` says what each one
means. Nothing here is imported before the first kernel is wanted, for Numba takes half a second.
"""
