"use strict";
var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    var desc = Object.getOwnPropertyDescriptor(m, k);
    if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) {
      desc = { enumerable: true, get: function() { return m[k]; } };
    }
    Object.defineProperty(o, k2, desc);
}) : (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    o[k2] = m[k];
}));
var __exportStar = (this && this.__exportStar) || function(m, exports) {
    for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.VERSION = exports.promptHash = exports.prefixHashes = exports.callFromOpenAI = exports.callFromAnthropic = exports.LiveRun = exports.Live = exports.Recorder = exports.Run = exports.PagePromise = exports.Page = exports.Netra = void 0;
exports.recorder = recorder;
exports.live = live;
const live_ts_1 = require("./live.js");
const recorder_ts_1 = require("./recorder.js");
var client_ts_1 = require("./client.js");
Object.defineProperty(exports, "Netra", { enumerable: true, get: function () { return client_ts_1.Netra; } });
__exportStar(require("./errors.js"), exports);
var pages_ts_1 = require("./pages.js");
Object.defineProperty(exports, "Page", { enumerable: true, get: function () { return pages_ts_1.Page; } });
Object.defineProperty(exports, "PagePromise", { enumerable: true, get: function () { return pages_ts_1.PagePromise; } });
var runs_ts_1 = require("./runs.js");
Object.defineProperty(exports, "Run", { enumerable: true, get: function () { return runs_ts_1.Run; } });
var recorder_ts_2 = require("./recorder.js");
Object.defineProperty(exports, "Recorder", { enumerable: true, get: function () { return recorder_ts_2.Recorder; } });
var live_ts_2 = require("./live.js");
Object.defineProperty(exports, "Live", { enumerable: true, get: function () { return live_ts_2.Live; } });
Object.defineProperty(exports, "LiveRun", { enumerable: true, get: function () { return live_ts_2.LiveRun; } });
var capture_ts_1 = require("./capture.js");
Object.defineProperty(exports, "callFromAnthropic", { enumerable: true, get: function () { return capture_ts_1.callFromAnthropic; } });
Object.defineProperty(exports, "callFromOpenAI", { enumerable: true, get: function () { return capture_ts_1.callFromOpenAI; } });
Object.defineProperty(exports, "prefixHashes", { enumerable: true, get: function () { return capture_ts_1.prefixHashes; } });
Object.defineProperty(exports, "promptHash", { enumerable: true, get: function () { return capture_ts_1.promptHash; } });
var request_ts_1 = require("./request.js");
Object.defineProperty(exports, "VERSION", { enumerable: true, get: function () { return request_ts_1.VERSION; } });
/** Sends calls in the background. Close it before the program ends. */
function recorder(client, workloadId, options) {
    return new recorder_ts_1.Recorder(client.transport, workloadId, options);
}
/** Opens a WebSocket that follows any number of runs. */
function live(client, options) {
    return live_ts_1.Live.open(client, options);
}
