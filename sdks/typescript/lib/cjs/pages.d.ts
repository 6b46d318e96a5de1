import type { EventsPagination, Pagination } from "./types.ts";
/** One page of a list. Iterating over it goes on over all pages that follow. */
export declare class Page<T> implements AsyncIterable<T> {
    #private;
    readonly data: T[];
    readonly pagination: Pagination | EventsPagination;
    constructor(data: T[], pagination: Pagination | EventsPagination, cursor: string | undefined, load: (cursor: string) => Promise<Page<T>>);
    get total(): number;
    get hasMore(): boolean;
    /** The page that follows, or undefined after the last one. */
    next(): Promise<Page<T> | undefined>;
    [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}
/** A list: await it for its first page, or iterate over the items of all pages. */
export declare class PagePromise<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
    #private;
    constructor(load: () => Promise<Page<T>>);
    then<A = Page<T>, B = never>(done?: ((page: Page<T>) => A | PromiseLike<A>) | null, failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B>;
    [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}
