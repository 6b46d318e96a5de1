"""Try a grid of changes on a workload."""

from netra_sdk import Netra

with Netra() as client:
    workload = client.workloads.create("grid")
    row = {"timestamp": "2026-10-01T12:00:00Z", "model": "gpt-4o", "input_tokens": 1500, "output_tokens": 200}
    client.workloads.add_events(workload.id, [row] * 20)
    for model in ("gpt-4o", "gpt-4o-mini"):
        for share in (0.0, 0.5):
            tried = client.workloads.simulate(workload.id, model=model, batch_share=share)
            print(f"{model:12} batch {share:.0%}: {tried.then_usd_in_window:.4f} USD")
