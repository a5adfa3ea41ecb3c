"""llama.cpp's own server on a file of weights.

python model_server.py FILE NAME PORT WINDOW THREADS
"""

import sys
import time

import xllamacpp

path, name, port, window, threads = sys.argv[1:6]
params = xllamacpp.CommonParams()
params.model.path = path
params.model_alias = name if isinstance(params.model_alias, str) else {name}
params.n_ctx, params.n_parallel = int(window), 1
params.n_batch, params.n_ubatch = 512, 512
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(threads)
params.hostnames, params.port = ["127.0.0.1"], int(port)
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
while True:
    time.sleep(3600)
