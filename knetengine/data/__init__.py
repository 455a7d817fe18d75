"""Sets of data. Each loader says in its docstring where the numbers come from."""

from knetengine.data.atype import dtype_of as dtype_of
from knetengine.data.catalogue import SETS as SETS
from knetengine.data.catalogue import DataSet as DataSet
from knetengine.data.housing import housing as housing
from knetengine.data.splitting import split as split

__all__ = ["SETS", "DataSet", "dtype_of", "housing", "split"]
