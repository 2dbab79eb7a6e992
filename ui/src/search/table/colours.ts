// Ten that differ in lightness too, each 3:1 on its ground; the dash tells them apart without colour.
const light = [
  '#3b5bdb',
  '#c2410c',
  '#0b7285',
  '#862e9c',
  '#2b8a3e',
  '#a61e4d',
  '#5f3dc4',
  '#7a5c00',
  '#1864ab',
  '#495057',
];
const dark = [
  '#91a7ff',
  '#ffa94d',
  '#66d9e8',
  '#e599f7',
  '#8ce99a',
  '#faa2c1',
  '#b197fc',
  '#ffe066',
  '#74c0fc',
  '#ced4da',
];
export const colours = (inDark: boolean): string[] => (inDark ? dark : light);
export const dashes: number[][] = [[], [6, 3], [2, 3], [10, 3, 2, 3]];
