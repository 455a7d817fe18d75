"""Whether the arrays of a device compute what NumPy computes: checks that users run themselves.

`knet-tui doctor --gpu-selftest` runs them; `pytest -m gpu` makes tests of them. Each is a function
in the file of its family, in the table `CHECKS`.
"""

# Each puts its checks into the table, in this order.
from knetengine.selftest import elementwise as elementwise  # noqa: I001
from knetengine.selftest import reductions as reductions
from knetengine.selftest import indexing as indexing
from knetengine.selftest import views as views
from knetengine.selftest import products as products
from knetengine.selftest import library_functions as library_functions
from knetengine.selftest import layers as layers
from knetengine.selftest import random_numbers as random_numbers
from knetengine.selftest import optimisers as optimisers
from knetengine.selftest import models as models
from knetengine.selftest import memory as memory
from knetengine.selftest import order as order
from knetengine.selftest import watched as watched
from knetengine.selftest.checks import CHECKS as CHECKS
from knetengine.selftest.checks import Check as Check
from knetengine.selftest.checks import Place as Place
from knetengine.selftest.report import Report as Report
from knetengine.selftest.report import write as write
from knetengine.selftest.running import run as run
