// What the page and the worker that reads files say to each other.

export interface Begin {
  kind: "begin";
  file: File;
  isCsv: boolean;
  isGzip: boolean;
  /** Bytes of the log, unpacked, that are sent already. */
  skip: number;
  maxRows: number;
  maxBytes: number;
}

export type ToWorker = Begin | { kind: "next" };

export interface Piece {
  kind: "batch";
  /** The header again, then whole rows. */
  body: Uint8Array<ArrayBuffer>;
  headerBytes: number;
  rows: number;
  /** Lines of the log before these rows, that of the header included. */
  linesBefore: number;
  /** Where the rows begin and end in the unpacked log. */
  from: number;
  to: number;
  /** Bytes of the file read so far, for progress. */
  read: number;
}

export type FromWorker = Piece | { kind: "end" } | { kind: "failed"; message: string };
