"""A nightly job with an API key: ask about every workload, name what saves most."""

from netra_sdk import Netra, NetraError

with Netra(timeout=120) as client:
    for workload in client.workloads.list(limit=5).items_of_this_page:
        try:
            advice = client.ask("What saves most?", workload_id=workload.id, timeout=120).advice
        except NetraError as error:
            print(f"{workload.name}: {error}")
            continue
        best = next((one.action for one in advice.recommendations), "nothing to change")
        print(f"{workload.name}: {best}")
