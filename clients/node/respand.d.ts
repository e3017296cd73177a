// Types of respand's client for Node; what everything does is said in README.md.

/** A log as the API takes it: docs/records.md. Whatever JSON can hold goes through as it is. */
export interface LogRecord {
  model?: string;
  prompt_messages?: unknown[];
  completion_message?: object;
  input?: unknown;
  output?: unknown;
  usage?: object;
  /** ISO 8601; `log` adds the time of the call where there is none. */
  timestamp?: string | null;
  start_time?: string;
  /** `log` adds a UUID where there is none. */
  custom_identifier?: string | null;
  customer_identifier?: string;
  thread_identifier?: string;
  metadata?: object;
  status?: string;
  status_code?: number;
  error_message?: string;
  [field: string]: unknown;
}

/** Times in milliseconds, sizes in bytes. */
export interface Settings {
  /** respand's socket. Default: $RESPAND_SOCKET_PATH, else /run/respand/respand.sock */
  socket?: string;
  /** The spool directory; "" for none. Default: $RESPAND_SPOOL_DIRECTORY, else /var/spool/respand */
  spool?: string;
  /** What may wait, those without an answer among them. Default: 10000 records, 64 MiB */
  maxQueue?: number;
  maxQueueBytes?: number;
  /** The largest line. Default: 20 MiB */
  maxRecord?: number;
  /** Without a connection, until records are spooled. Default: 1000 */
  spoolAfter?: number;
  /** Without an answer, until the connection counts as lost. Default: 30000 */
  ackTimeout?: number;
  /** How long the end of the process may take. Default: 2000 */
  closeTimeout?: number;
  /** Hears of each dropped or refused record; what it throws, or rejects with, is ignored. */
  onError?: (record: any, reason: string) => unknown;
  /** Signals that close the client, and then end the process unless the application handles them itself. Default: none */
  closeOnSignals?: NodeJS.Signals[];
}

/** logged = durable + spooled + refused + dropped + queued */
export interface Stats {
  logged: number;
  durable: number;
  spooled: number;
  refused: number;
  dropped: number;
  queued: number;
  connects: number;
  lastError: string;
}

/** A call of a model under `completion`. */
export interface Call {
  /** Fields for the record; they go before those given to `completion` and those of an answer. */
  set(fields: LogRecord): void;
  /** The answer, in a shape of OpenAI's: usage, model and what the model said are taken from it. */
  response(answer: unknown): void;
  /** Passes the chunks of a streamed answer on; the call is logged when the stream ends or is left. */
  stream<Chunk>(chunks: AsyncIterable<Chunk>): AsyncIterableIterator<Chunk>;
}

export interface FetchOptions {
  /** What sends the requests. Default: the global fetch */
  fetch?: typeof globalThis.fetch;
  /** Fields for each record, or a function that returns them for a request's body. */
  fields?: LogRecord | ((request: any) => LogRecord | undefined);
}

export declare class Client {
  constructor(settings?: Settings);
  /** Takes a record and returns at once: true where it was taken. Never throws, never waits. */
  log(record: LogRecord): boolean;
  /** Resolves to true when all that was taken before is settled, to false after `timeout` (default: closeTimeout). */
  flush(timeout?: number): Promise<boolean>;
  /** Flushes, writes what is left to the spool directory, and ends. Resolves to true where nothing was dropped for it. */
  close(timeout?: number): Promise<boolean>;
  stats(): Stats;
  /** Times `work` and logs it as one record. What it returns or throws is passed on; a returned stream is logged at its end. */
  completion<Result>(
    fields: LogRecord,
    work: (call: Call) => Result | PromiseLike<Result>,
  ): Promise<Result extends AsyncIterable<infer Chunk> ? AsyncIterableIterator<Chunk> : Result>;
  /** A fetch() for OpenAI's and compatible clients, which logs the calls of models that it passes on. */
  fetch(options?: FetchOptions): typeof globalThis.fetch;
}
