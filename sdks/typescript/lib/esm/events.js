import { UnexpectedAnswerError } from "./errors.js";
export function eventOf(kind, text) {
    let data;
    try {
        data = JSON.parse(text);
    }
    catch (cause) {
        throw new UnexpectedAnswerError(`an event ${kind} is not JSON`, 200, text, cause);
    }
    if (typeof data !== "object" || data === null || Array.isArray(data)) {
        throw new UnexpectedAnswerError(`an event ${kind} is not an object`, 200, text);
    }
    return shaped(kind, data);
}
export function shaped(kind, data) {
    const seq = typeof data["seq"] === "number" ? data["seq"] : 0;
    if (kind === "agent_update" || kind === "agent_result")
        return { ...data, type: kind, seq };
    if (kind === "error")
        return { ...data, type: "error", seq };
    return { type: "unknown", kind, seq, data };
}
