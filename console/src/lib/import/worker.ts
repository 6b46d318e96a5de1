// Reads a file off the page's thread: unpacks it, cuts it at row ends, and gives one batch each time it is asked.
import { RowCutter, lineEnds } from "./cutter.ts";
import type { Begin, FromWorker, ToWorker } from "./protocol.ts";

const AHEAD_BYTES = 1_048_576; // one slice of the file

let batches: AsyncGenerator<FromWorker, void, undefined> | undefined;

async function* read({ file, isCsv, isGzip, skip, maxRows, maxBytes }: Begin): AsyncGenerator<FromWorker, void, undefined> {
  let taken = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      taken += piece.length;
      controller.enqueue(piece);
    },
  });
  const plain = (file.stream() as ReadableStream<Uint8Array>).pipeThrough(counted);
  const unpacked = isGzip ? plain.pipeThrough(new DecompressionStream("gzip") as unknown as TransformStream<Uint8Array, Uint8Array>) : plain;
  const reader = unpacked.getReader();
  const cutter = new RowCutter({ isCsv, maxRows, maxBytes });
  let header: Uint8Array<ArrayBuffer> | undefined = isCsv ? undefined : new Uint8Array(0);
  let lines = 0;
  let at = 0; // rows before this place of the log are done; the header does not count
  for (let isOver = false; !isOver; ) {
    const { value, done } = await reader.read();
    isOver = done;
    if (value === undefined) cutter.finish();
    else for (let from = 0; from < value.length; from += AHEAD_BYTES) cutter.push(value.subarray(from, from + AHEAD_BYTES));
    if (header === undefined) {
      header = cutter.takeHeader();
      if (header === undefined) continue;
      lines = lineEnds(header) + 1;
    }
    for (let batch = cutter.take(); batch !== undefined; batch = cutter.take()) {
      const from = at;
      at += batch.bytes.length;
      const linesBefore = lines;
      lines += lineEnds(batch.bytes);
      if (at <= skip) continue;
      const lead = header.length === 0 ? 0 : header.length + 1;
      const body = new Uint8Array(lead + batch.bytes.length);
      body.set(header);
      if (lead > 0) body[header.length] = 0x0a;
      body.set(batch.bytes, lead);
      yield { kind: "batch", body, headerBytes: lead, rows: batch.rows, linesBefore, from, to: at, read: taken };
    }
  }
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "begin") batches = read(data);
  void batches?.next().then(
    ({ value, done }) => {
      const answer: FromWorker = done === true || value === undefined ? { kind: "end" } : value;
      postMessage(answer, { transfer: answer.kind === "batch" ? [answer.body.buffer] : [] });
    },
    (cause: unknown) => postMessage({ kind: "failed", message: cause instanceof Error ? cause.message : String(cause) } satisfies FromWorker),
  );
});
