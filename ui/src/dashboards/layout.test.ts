import { expect, test } from 'vitest';
import { bottom, movedTo, resized, settled, stepped, stretched } from './layout';

const box = (id: string, x: number, y: number, w: number, h: number) => ({ id, x, y, w, h });
type Box = ReturnType<typeof box>;
const shown = (all: Box[]) => all.map((p) => `${p.id} ${p.x},${p.y} ${p.w}x${p.h}`);
const overlaps = (all: Box[]) =>
  all.some((a) =>
    all.some((b) => a.id < b.id && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h),
  );

const two = [box('a', 0, 0, 6, 4), box('b', 0, 4, 6, 4), box('c', 6, 0, 6, 3)];

test('nothing hangs in the air and nothing reaches over the edge', () => {
  expect(shown(settled([box('a', 3, 7, 4, 3), box('b', 10, 0, 6, 30)]))).toEqual(['a 3,0 4x3', 'b 6,3 6x20']);
  expect(shown(settled([box('a', -2, 0, 1, 0)]))).toEqual(['a 0,0 2x2']);
});

test('a wide panel rests on the tallest below which it stands', () => {
  expect(shown(settled([...two, box('w', 0, 9, 12, 2)]))).toEqual([
    'a 0,0 6x4',
    'c 6,0 6x3',
    'b 0,4 6x4',
    'w 0,8 12x2',
  ]);
});

test('a panel moves to where it is dragged and the others make way', () => {
  expect(shown(movedTo(two, 'a', 6, 0))).toEqual(['b 0,0 6x4', 'c 6,0 6x3', 'a 6,3 6x4']);
  expect(shown(movedTo(two, 'a', 0, 2))).toEqual(['a 0,0 6x4', 'c 6,0 6x3', 'b 0,4 6x4']);
  expect(shown(movedTo(two, 'a', 0, 5))).toEqual(['b 0,0 6x4', 'c 6,0 6x3', 'a 0,4 6x4']);
});

test('by key it goes past its neighbour, and back', () => {
  const down = stepped(two, 'a', 'ArrowDown');
  expect(shown(down)).toEqual(['b 0,0 6x4', 'c 6,0 6x3', 'a 0,4 6x4']);
  expect(shown(stepped(down, 'a', 'ArrowUp'))).toEqual(shown(settled(two)));
  expect(stepped(two, 'a', 'ArrowUp')).toBe(two);
  expect(shown(stepped(two, 'a', 'ArrowLeft'))).toEqual(shown(settled(two)));
});

test('it grows within the grid', () => {
  expect(shown(stretched(two, 'a', 'ArrowDown'))).toEqual(['a 0,0 6x5', 'c 6,0 6x3', 'b 0,5 6x4']);
  expect(shown(resized(two, 'c', 20, 1))).toEqual(['a 0,0 6x4', 'c 6,0 6x2', 'b 0,4 6x4']);
  expect(shown(stretched(two, 'a', 'ArrowRight'))).toEqual(
    ['a 0,0 7x4', 'c 6,4 6x3', 'b 0,4 6x4'].sort(byRow),
  );
});

const byRow = (a: string, b: string) => {
  const at = (s: string) => s.split(' ')[1]?.split(',').map(Number) ?? [];
  return (at(a)[1] ?? 0) - (at(b)[1] ?? 0) || (at(a)[0] ?? 0) - (at(b)[0] ?? 0);
};

test('whatever is done, none covers another', () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  const keys = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const;
  let all = settled(
    Array.from({ length: 9 }, (_, i) => box(`p${i}`, random(12), random(20), 2 + random(8), 2 + random(6))),
  );
  for (let i = 0; i < 300; i++) {
    const id = `p${random(9)}`;
    const key = keys[random(4)] ?? 'ArrowUp';
    all =
      i % 3
        ? stepped(all, id, key)
        : i % 2
          ? stretched(all, id, key)
          : movedTo(all, id, random(12), random(30));
    expect(overlaps(all)).toBe(false);
    expect(all).toHaveLength(9);
    expect(all.every((p) => p.x >= 0 && p.x + p.w <= 12 && Number.isInteger(p.y))).toBe(true);
  }
  expect(bottom(all)).toBe(Math.max(...all.map((p) => p.y + p.h)));
});
