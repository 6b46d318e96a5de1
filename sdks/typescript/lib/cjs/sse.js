"use strict";
// Server-sent events by the rules of the WHATWG's HTML standard, section 9.2.6 (read 2026-12). Text in, events out.
Object.defineProperty(exports, "__esModule", { value: true });
exports.SseParser = void 0;
/** Bounds one event, in characters. */
const MOST = 64 * 2 ** 20;
class SseParser {
    #rest = "";
    #data = [];
    #type = "";
    #lastId = "";
    #size = 0;
    #hasBegun = false;
    #afterReturn = false;
    /** Takes the next piece of text and returns the events that it completes. */
    push(text) {
        if (!this.#hasBegun && text !== "") {
            this.#hasBegun = true;
            if (text.startsWith("\ufeff"))
                text = text.slice(1);
        }
        const found = [];
        let begin = 0;
        for (let at = 0; at < text.length; at++) {
            const char = text.charCodeAt(at);
            if (char !== 10 && char !== 13) {
                this.#afterReturn = false;
                continue;
            }
            if (char === 10 && this.#afterReturn) {
                this.#afterReturn = false;
                begin = at + 1;
                continue;
            }
            this.#afterReturn = char === 13;
            this.#line(this.#rest + text.slice(begin, at), found);
            this.#rest = "";
            begin = at + 1;
        }
        this.#rest += text.slice(begin);
        if (this.#rest.length + this.#size > MOST)
            throw new RangeError(`an event is over ${MOST} characters`);
        return found;
    }
    #line(line, found) {
        if (line === "") {
            if (this.#data.length > 0)
                found.push({ type: this.#type, data: this.#data.join("\n"), lastId: this.#lastId });
            this.#data = [];
            this.#type = "";
            this.#size = 0;
            return;
        }
        this.#size += line.length;
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        let value = colon < 0 ? "" : line.slice(colon + 1);
        if (value.startsWith(" "))
            value = value.slice(1);
        if (name === "data")
            this.#data.push(value);
        else if (name === "event")
            this.#type = value;
        else if (name === "id" && !value.includes("\0"))
            this.#lastId = value;
    }
}
exports.SseParser = SseParser;
