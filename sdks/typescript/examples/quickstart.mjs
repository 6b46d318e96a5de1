// Asks what to change in a workload and prints the report. Set NETRA_API_KEY, and NETRA_BASE_URL if it is not http://127.0.0.1:8000.
import { Netra } from "../lib/esm/index.js"; // "@netra/sdk" where it is installed

const client = new Netra();
const workload = await client.workloads.create("support chat");
await client.workloads.addEvents(workload.id, [
  { timestamp: new Date().toISOString(), model: "gpt-4o", input_tokens: 1_800, output_tokens: 240 },
]);
const run = await client.agent.execute({ message: "Make it 20 % cheaper", workload_id: workload.id });
for await (const event of run.events()) {
  if (event.type === "agent_update") console.log(event.progress, event.message);
}
const advice = await run.wait();
console.log(advice.report);
