export * from "./numbers.ts";
export * from "./adding.ts";
export * from "./times.ts";
