"""Searching for good options of a training: rates, sizes, whatever has no gradient."""

from knetengine.search.golden_section import goldensection as goldensection
from knetengine.search.hyperband import hyperband as hyperband
