"""What NumPy lacks for deep learning: convolutions, losses, dropout, norms, recurrent layers.

Plain functions of arrays, recorded or not. Arrays are batch first and row major; sequences are
(T, B, X). Each fused layer has a plain twin, which is its definition (see `reference`).
"""

from knetengine.nn.activations import elu as elu
from knetengine.nn.activations import gelu as gelu
from knetengine.nn.activations import invx as invx
from knetengine.nn.activations import relu as relu
from knetengine.nn.activations import selu as selu
from knetengine.nn.activations import sigm as sigm
from knetengine.nn.attention import attention as attention
from knetengine.nn.convolution import conv4 as conv4
from knetengine.nn.convolution import deconv4 as deconv4
from knetengine.nn.convolution import mat as mat
from knetengine.nn.dropout import dropout as dropout
from knetengine.nn.dropout import seed as seed
from knetengine.nn.embedding import embed as embed
from knetengine.nn.losses import accuracy as accuracy
from knetengine.nn.losses import bce as bce
from knetengine.nn.losses import logistic as logistic
from knetengine.nn.losses import logp as logp
from knetengine.nn.losses import logsoftmax as logsoftmax
from knetengine.nn.losses import logsumexp as logsumexp
from knetengine.nn.losses import nll as nll
from knetengine.nn.losses import softmax as softmax
from knetengine.nn.normalization import batchnorm as batchnorm
from knetengine.nn.normalization import bnmoments as bnmoments
from knetengine.nn.normalization import bnparams as bnparams
from knetengine.nn.normalization import layernorm as layernorm
from knetengine.nn.pooling import pool as pool
from knetengine.nn.pooling import unpool as unpool
from knetengine.nn.products import bmm as bmm
from knetengine.nn.recurrent import rnn as rnn
from knetengine.nn.recurrent import rnnparams as rnnparams
from knetengine.nn.reference import reference as reference
from knetengine.nn.sampling import sample as sample
