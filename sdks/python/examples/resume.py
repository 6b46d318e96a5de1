"""Follow a run, stop in the middle, and go on from the stored number in what could be another process."""

from netra_sdk import Netra

with Netra() as client:
    run = client.agent.execute("What can you do?")
    with run.events() as events:
        seq = next(events).seq
    later = client.agent.attach(run.id, after=seq)
    print([event.seq for event in later.events()])
