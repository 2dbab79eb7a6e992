// The parameters of the list of rules in the URL; apart, for the router loads with the first page.

export const filterNames = [
  'q',
  'pack',
  'origin',
  'level',
  'status',
  'product',
  'category',
  'state',
  'tag',
  'hits',
  'sort',
  'rule',
] as const;
export type Wanted = Partial<Record<(typeof filterNames)[number], string>>;
