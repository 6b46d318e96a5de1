"""Import a CSV of calls; rows with an id count once, however often the import runs."""

import csv
import io

from netra_sdk import Netra

LOG = """id,timestamp,model,input_tokens,output_tokens
c-1,2026-10-01T12:00:00Z,gpt-4o,1200,80
c-2,2026-10-01T12:00:01Z,gpt-4o,1100,90
"""
NUMBERS = ("input_tokens", "output_tokens")

with Netra() as client:
    workload = client.workloads.create("imported")
    rows = ({**row, **{name: int(row[name]) for name in NUMBERS}} for row in csv.DictReader(io.StringIO(LOG)))
    taken = client.workloads.add_events(workload.id, rows)
    print(taken.accepted, [row.message for row in taken.results if row.status == "rejected"])
