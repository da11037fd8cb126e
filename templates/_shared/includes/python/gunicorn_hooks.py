def when_ready(server):
    """Describe the columns to the page that tries the model."""
    model_serving.write_columns(RUN / "columns.json")


def pre_fork(server, worker):
    """Give each worker the free one of the sockets: nginx then sees which worker is idle."""
    taken = {other.slot for other in server.WORKERS.values()}
    worker.slot = next(slot for slot in range(len(server.LISTENERS)) if slot not in taken)
    worker.sockets = [server.LISTENERS[worker.slot]]


def post_worker_init(worker):
    """Make a prediction that hangs end its worker, with a trace of where; tell `serve` when this worker is ready."""
    faulthandler.register(signal.SIGALRM, chain=True)
    begun = RUN / f"worker-{worker.slot}.warm-up"
    {{ warm_up }}
    (RUN / f"worker-{worker.slot}.pid").write_text(f"{worker.pid}\n")
