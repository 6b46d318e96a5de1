"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Scope = void 0;
exports.sleep = sleep;
exports.background = background;
/** Waits, and throws the signal's reason when it is aborted first. Leaves no timer and no listener behind. */
function sleep(ms, signal) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted)
            return reject(signal.reason);
        const stop = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", stop);
            resolve();
        }, ms);
        signal?.addEventListener("abort", stop, { once: true });
    });
}
/** A timer that does not keep the program running, where the platform can say so. */
function background(run, ms) {
    const timer = setTimeout(run, ms);
    timer.unref?.();
    return timer;
}
/** One abort controller that follows an outer signal; `end` lets go of it. */
class Scope {
    controller = new AbortController();
    #outer;
    #stop;
    constructor(outer) {
        this.#outer = outer;
        this.#stop = () => this.controller.abort(outer?.reason);
        if (outer?.aborted)
            this.#stop();
        else
            outer?.addEventListener("abort", this.#stop, { once: true });
    }
    get signal() {
        return this.controller.signal;
    }
    end() {
        this.#outer?.removeEventListener("abort", this.#stop);
    }
}
exports.Scope = Scope;
