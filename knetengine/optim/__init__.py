"""Optimisers: rules that change parameters by their gradients."""

from knetengine.optim.clipping import gclip as gclip
from knetengine.optim.optimisers import SGD as SGD
from knetengine.optim.optimisers import Adadelta as Adadelta
from knetengine.optim.optimisers import Adagrad as Adagrad
from knetengine.optim.optimisers import Adam as Adam
from knetengine.optim.optimisers import AdamW as AdamW
from knetengine.optim.optimisers import Momentum as Momentum
from knetengine.optim.optimisers import Nesterov as Nesterov
from knetengine.optim.optimisers import Optimiser as Optimiser
from knetengine.optim.optimisers import RMSprop as RMSprop
