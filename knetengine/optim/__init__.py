"""Optimisers, rules that change parameters by their gradients; schedules of their rates."""

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
from knetengine.optim.schedules import Plateau as Plateau
from knetengine.optim.schedules import Schedule as Schedule
from knetengine.optim.schedules import cosine as cosine
from knetengine.optim.schedules import step_decay as step_decay
from knetengine.optim.schedules import warmup as warmup
