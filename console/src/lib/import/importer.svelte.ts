// Sends a file's rows to a workload in batches whose keys follow from the file, so that it may be stopped, resumed
// after a reload, and dropped again without doubling anything.
import { ApiError, type EventsTaken } from "@netra/sdk";
import { problemOf, type Problem } from "../api/problem.ts";
import { session } from "../api/session.svelte.ts";
import { announcer } from "../state/live.svelte.ts";
import { recall, store } from "../state/storage.ts";
import { bytes as inBytes, count } from "../format/numbers.ts";
import { rowsOf } from "./cutter.ts";
import { previewOf, type Preview } from "./preview.ts";
import type { FromWorker, Piece, ToWorker } from "./protocol.ts";
import workerUrl from "./worker.ts?worker&url";

const HEAD_BYTES = 262_144; // read for the preview
const ROWS_MAX = 10_000; // in a request, as the service allows
const BYTES_MAX = 8 * 1_048_576; // in a request
const KEPT_REJECTIONS = 10_000; // rows that can be downloaded
const STEPS = [25, 50, 75, 100]; // per cent that are read out
const RATE_MS = 5_000; // over which the speed is taken

export interface Rejection {
  /** The number of the row's line in the file, from 1. */
  line: number;
  code: string;
  message: string;
  text: string;
}

interface Place {
  done: number;
  rows: number;
  accepted: number;
  duplicates: number;
  rejected: number;
}

type Phase = "idle" | "reading" | "ready" | "sending" | "waiting" | "stopped" | "failed" | "done";

const NOTHING: Place = { done: 0, rows: 0, accepted: 0, duplicates: 0, rejected: 0 };

function makeWorker(): Worker {
  const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): unknown } } }).trustedTypes;
  policy ??= types?.createPolicy("netra-worker", {
    createScriptURL: (url: string) => {
      if (url !== workerUrl) throw new TypeError(`${url} is not the worker of this page`);
      return url;
    },
  });
  return new Worker((policy?.createScriptURL(workerUrl) ?? workerUrl) as string, { type: "module" });
}
let policy: { createScriptURL(url: string): unknown } | undefined;

class Importer {
  phase = $state<Phase>("idle");
  file = $state.raw<File | null>(null);
  preview = $state.raw<Preview | null>(null);
  /** Why the file cannot be read. */
  refusal = $state("");
  place = $state.raw<Place>(NOTHING);
  read = $state(0);
  rejections = $state.raw<Rejection[]>([]);
  problem = $state.raw<Problem | null>(null);
  waitS = $state(0);
  rate = $state(0);
  workloadId = $state("");
  #hash = "";
  #worker: Worker | undefined;
  #run = 0;
  #marks: { at: number; rows: number; read: number }[] = [];

  get percent(): number {
    return this.file === null || this.file.size === 0 ? 0 : Math.min(100, (this.read / this.file.size) * 100);
  }

  get leftS(): number | null {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (this.file === null || first === undefined || last === undefined || last.read <= first.read) return null;
    return (((this.file.size - last.read) * (last.at - first.at)) / (last.read - first.read)) / 1_000;
  }

  get progressText(): string {
    return `${inBytes(this.read)} of ${inBytes(this.file?.size ?? 0)}`;
  }

  /** Looks at a file; nothing is sent yet. */
  async open(file: File): Promise<void> {
    this.forget();
    this.file = file;
    this.phase = "reading";
    try {
      const isGzip = isPacked(file);
      const head = isGzip ? await headOfGzip(file) : new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
      const found = previewOf(head, !isGzip && file.size <= HEAD_BYTES);
      this.#hash = await hashOf(file);
      if (typeof found === "string") this.refusal = found;
      else this.preview = found;
    } catch (cause) {
      this.refusal = cause instanceof Error ? cause.message : String(cause);
    }
    this.phase = this.refusal === "" ? "ready" : "idle";
  }

  /** The place at which an earlier import of this file into this workload stopped; null where there is none. */
  placeOf(workloadId: string): Place | null {
    const text = recall(`import.${this.#hash}.${workloadId}`);
    return text === null ? null : { ...NOTHING, ...(JSON.parse(text) as Partial<Place>) };
  }

  /** The workload that an unfinished import of this file goes into. */
  get unfinished(): string | null {
    return recall(`import.${this.#hash}`);
  }

  /** Sends the rows from where an earlier import stopped, else from the start. */
  async send(workloadId: string): Promise<void> {
    if (this.file === null || this.preview === null) return;
    const run = (this.#run += 1);
    this.workloadId = workloadId;
    this.place = this.placeOf(workloadId) ?? NOTHING;
    this.problem = null;
    this.#marks = [];
    this.phase = "sending";
    store(`import.${this.#hash}`, workloadId);
    const isCsv = this.preview.format === "csv" || this.preview.format === "azure";
    this.#worker?.terminate();
    const worker = (this.#worker = makeWorker());
    let answer = ask(worker, { kind: "begin", file: this.file, isCsv, isGzip: isPacked(this.file), skip: this.place.done, maxRows: ROWS_MAX, maxBytes: BYTES_MAX });
    try {
      for (;;) {
        const piece = await answer;
        if (this.#run !== run) return;
        if (piece.kind === "failed") throw new Error(piece.message);
        if (piece.kind === "end") break;
        answer = ask(worker, { kind: "next" }); // the next batch is cut while this one is sent
        answer.catch(() => undefined);
        const taken = await this.#deliver(piece, isCsv, run);
        if (taken === null || this.#run !== run) return;
        this.#note(piece, taken, isCsv);
      }
      this.read = this.file.size;
      this.phase = "done";
      store(`import.${this.#hash}`, null);
      announcer.say(`Import finished: ${count(this.place.accepted)} accepted, ${count(this.place.duplicates)} there before, ${count(this.place.rejected)} rejected.`);
    } catch (cause) {
      if (this.#run !== run) return;
      this.problem = problemOf(cause);
      this.phase = "failed";
    } finally {
      if (this.#run === run) worker.terminate();
    }
  }

  /** Stops after what is stored; `send` goes on there. */
  stop(): void {
    this.#run += 1;
    this.#worker?.terminate();
    this.phase = "stopped";
  }

  forget(): void {
    this.#run += 1;
    this.#worker?.terminate();
    this.file = this.preview = this.problem = null;
    this.refusal = "";
    this.place = NOTHING;
    this.read = 0;
    this.rejections = [];
    this.phase = "idle";
  }

  /** The rejected rows as a file of their own, with the header. */
  rejectedRows(): string {
    const isCsv = this.preview?.format === "csv" || this.preview?.format === "azure";
    return [...(isCsv ? [this.preview?.names.join(",") ?? ""] : []), ...this.rejections.map(({ text }) => text)].join("\n") + "\n";
  }

  /** Sends one batch, waiting as long as the service asks; null when the import was stopped meanwhile. */
  async #deliver(piece: Piece, isCsv: boolean, run: number): Promise<EventsTaken | null> {
    for (;;) {
      try {
        const taken = await session.client.transport.send<EventsTaken>(
          {
            method: "POST", path: `/api/workloads/${encodeURIComponent(this.workloadId)}/events?results=exceptions`, safety: "K",
            body: piece.body, media: isCsv ? "text/csv" : "application/x-ndjson",
          },
          { idempotencyKey: `import-${this.#hash.slice(0, 40)}-${this.workloadId.slice(-12)}-${piece.from}`, timeoutMs: 120_000 },
        );
        this.phase = "sending";
        return taken;
      } catch (cause) {
        const wait = cause instanceof ApiError && (cause.status === 429 || cause.status === 503) ? cause.retryAfterS : undefined;
        if (wait === undefined) throw cause;
        this.phase = "waiting";
        for (this.waitS = Math.ceil(wait) + 1; this.waitS > 0; this.waitS -= 1) {
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          if (this.#run !== run) return null;
        }
      }
    }
  }

  #note(piece: Piece, taken: EventsTaken, isCsv: boolean): void {
    const before = this.place;
    const refused = taken.results.filter(({ status }) => status === "rejected");
    if (refused.length > 0 && this.rejections.length < KEPT_REJECTIONS) {
      const rows = rowsOf(piece.body.subarray(piece.headerBytes), isCsv);
      const header = piece.headerBytes > 0 ? 1 : 0; // the service counts the repeated header as a line
      const more = refused.map(({ line, code, message }): Rejection => ({
        line: piece.linesBefore + line - header, code: code ?? "", message: message ?? "", text: rows.findLast((row) => row.line <= line - header)?.text ?? "",
      }));
      this.rejections = [...this.rejections, ...more].slice(0, KEPT_REJECTIONS);
    }
    const percent = this.percent;
    this.place = {
      done: piece.to, rows: before.rows + piece.rows, accepted: before.accepted + taken.accepted,
      duplicates: before.duplicates + taken.duplicates, rejected: before.rejected + taken.rejected,
    };
    this.read = piece.read;
    store(`import.${this.#hash}.${this.workloadId}`, JSON.stringify(this.place));
    const now = performance.now();
    this.#marks = [...this.#marks.filter(({ at }) => now - at < RATE_MS), { at: now, rows: this.place.rows, read: piece.read }];
    const first = this.#marks[0];
    if (first !== undefined && now > first.at) this.rate = ((this.place.rows - first.rows) / (now - first.at)) * 1_000;
    const step = STEPS.find((one) => percent < one && this.percent >= one);
    if (step !== undefined) announcer.say(`${step} %`);
  }
}

function ask(worker: Worker, message: ToWorker): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message === "" ? "The worker that reads files could not start." : event.message));
    worker.postMessage(message);
  });
}

function isPacked(file: File): boolean {
  return /\.gz$/i.test(file.name);
}

async function headOfGzip(file: File): Promise<Uint8Array> {
  const reader = file.slice(0, HEAD_BYTES).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    while (size < HEAD_BYTES) {
      const { value, done } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
    }
  } catch (cause) {
    if (size === 0) throw cause; // the cut end of the slice is no fault
  }
  const head = new Uint8Array(size);
  parts.reduce((at, part) => (head.set(part, at), at + part.length), 0);
  return head;
}

/** The SHA-256 of a file's name, size and first MiB: the same file again is the same import. */
async function hashOf(file: File): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 1_048_576).arrayBuffer());
  const name = new TextEncoder().encode(`${file.name}\n${file.size}\n`);
  const all = new Uint8Array(name.length + head.length);
  all.set(name);
  all.set(head, name.length);
  if (crypto.subtle !== undefined) {
    return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", all)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  // Over plain HTTP from another machine a browser has no SHA-256: FNV-1a, four times with another start.
  return [2166136261, 84696351, 3735928559, 305419896].map((start) => all.reduce((hash, byte) => Math.imul(hash ^ byte, 16777619) >>> 0, start).toString(16).padStart(8, "0")).join("");
}

export const importer = new Importer();
