export const words = {
  title: "Workloads",
  name: "Name",
  calls: "Calls",
} as const;
