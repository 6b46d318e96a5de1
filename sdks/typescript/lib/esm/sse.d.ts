export interface ServerSentEvent {
    type: string;
    data: string;
    lastId: string;
}
export declare class SseParser {
    #private;
    /** Takes the next piece of text and returns the events that it completes. */
    push(text: string): ServerSentEvent[];
}
