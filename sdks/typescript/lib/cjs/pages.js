"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.PagePromise = exports.Page = void 0;
const errors_ts_1 = require("./errors.js");
/** One page of a list. Iterating over it goes on over all pages that follow. */
class Page {
    data;
    pagination;
    #cursor;
    #load;
    constructor(data, pagination, cursor, load) {
        this.data = data;
        this.pagination = pagination;
        this.#cursor = cursor;
        this.#load = load;
    }
    get total() {
        return this.pagination.total;
    }
    get hasMore() {
        return this.pagination.next_cursor != null;
    }
    /** The page that follows, or undefined after the last one. */
    async next() {
        const cursor = this.pagination.next_cursor;
        if (cursor == null)
            return undefined;
        if (cursor === this.#cursor)
            throw new errors_ts_1.UnexpectedAnswerError("a page names itself as the next one", 200, cursor);
        return this.#load(cursor);
    }
    async *[Symbol.asyncIterator]() {
        for (let page = this; page !== undefined; page = await page.next())
            yield* page.data;
    }
}
exports.Page = Page;
/** A list: await it for its first page, or iterate over the items of all pages. */
class PagePromise {
    #load;
    #first;
    constructor(load) {
        this.#load = load;
    }
    then(done, failed) {
        this.#first ??= this.#load();
        return this.#first.then(done, failed);
    }
    async *[Symbol.asyncIterator]() {
        yield* await this;
    }
}
exports.PagePromise = PagePromise;
