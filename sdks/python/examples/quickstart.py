"""Ask about a workload, follow the run, print the report."""

import os

from netra_sdk import AgentUpdate, Netra

with Netra(base_url=os.environ["NETRA_BASE_URL"]) as client:
    workload = client.workloads.create("quickstart")
    row = {"timestamp": "2026-10-01T12:00:00Z", "model": "gpt-4o", "input_tokens": 1500, "output_tokens": 200}
    client.workloads.add_events(workload.id, [row] * 20)
    run = client.agent.execute("20 % cheaper", workload_id=workload.id)
    for event in run.events():
        if isinstance(event, AgentUpdate):
            print(event.progress, event.message)
    print(run.wait().report)
