"""All of NumPy's functions that a device has, from the files that define them."""

from knetengine.gpu.device import choosing, joining, making, multiplying, reducing
from knetengine.gpu.device.table import FUNCTIONS as FUNCTIONS

FAMILIES = (choosing, joining, making, multiplying, reducing)
