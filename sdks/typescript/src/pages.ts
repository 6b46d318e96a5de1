import { UnexpectedAnswerError } from "./errors.ts";
import type { EventsPagination, Pagination } from "./types.ts";

/** One page of a list. Iterating over it goes on over all pages that follow. */
export class Page<T> implements AsyncIterable<T> {
  readonly data: T[];
  readonly pagination: Pagination | EventsPagination;
  readonly #cursor: string | undefined;
  readonly #load: (cursor: string) => Promise<Page<T>>;

  constructor(data: T[], pagination: Pagination | EventsPagination, cursor: string | undefined, load: (cursor: string) => Promise<Page<T>>) {
    this.data = data;
    this.pagination = pagination;
    this.#cursor = cursor;
    this.#load = load;
  }

  get total(): number {
    return this.pagination.total;
  }

  get hasMore(): boolean {
    return this.pagination.next_cursor != null;
  }

  /** The page that follows, or undefined after the last one. */
  async next(): Promise<Page<T> | undefined> {
    const cursor = this.pagination.next_cursor;
    if (cursor == null) return undefined;
    if (cursor === this.#cursor) throw new UnexpectedAnswerError("a page names itself as the next one", 200, cursor);
    return this.#load(cursor);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let page: Page<T> | undefined = this; page !== undefined; page = await page.next()) yield* page.data;
  }
}

/** A list: await it for its first page, or iterate over the items of all pages. */
export class PagePromise<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #load: () => Promise<Page<T>>;
  #first: Promise<Page<T>> | undefined;

  constructor(load: () => Promise<Page<T>>) {
    this.#load = load;
  }

  then<A = Page<T>, B = never>(
    done?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#first ??= this.#load();
    return this.#first.then(done, failed);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this;
  }
}
