"""The outputs of a session that wait for a service, and how they fail."""

from netra.domain.errors import IdempotencyKeyReused, NetraError
from netra.entrypoints.websocket import signals

Command = signals.Start | signals.Stop | signals.Find | signals.FindWorkload | signals.Prove


def failure_of(command: Command, error: NetraError) -> signals.CommandFailed:
    """Return the failure of a command, with the `id` of the message that gave it."""
    match command:
        case signals.Start(command=start):
            if isinstance(error, IdempotencyKeyReused):
                error = IdempotencyKeyReused(
                    "This id was used before with another question.", id=start.client_ref
                )
            return signals.CommandFailed(error, start.client_ref)
        case signals.Stop(command=stop, request_id=request_id):
            return signals.CommandFailed(error, request_id, stop.run_id)
        case signals.Find(run_id=run_id, request_id=request_id):
            return signals.CommandFailed(error, request_id, run_id)
        case signals.FindWorkload(request_id=request_id) | signals.Prove(request_id=request_id):
            return signals.CommandFailed(error, request_id)
