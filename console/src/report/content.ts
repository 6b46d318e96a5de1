// What `netra optimize --html` and `netra explain --html` put into the page.
import type { Advice, Explanation } from "@netra/sdk";
import type { Sketch, Worded } from "../lib/answer/answer.ts";

export interface AnswerContent {
  kind: "answer";
  source: string;
  question: string;
  advice: Advice;
  worded: Worded;
  sketch: Sketch | null;
}

export interface ChangeContent {
  kind: "change";
  source: string;
  headline: string;
  explanation: Explanation;
  notes: string[];
}

export type Content = AnswerContent | ChangeContent;

/** Reads the content of the page. */
export function contentOf(text: string): Content {
  return JSON.parse(text) as Content;
}
