"""Fused kernels of layers: what `knetengine.cpu` has, with the same equations and conventions.

They take contiguous float32 and float64, as `knetengine.nn` does. Float16 goes through the kernels
of which these are made.
"""
