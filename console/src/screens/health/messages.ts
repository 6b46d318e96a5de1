export const words = {
  title: "Health",
  overall: "Service",
  dependencies: "Dependencies",
  ready: "Ready checks",
} as const;
