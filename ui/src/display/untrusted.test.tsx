import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Untrusted } from './Untrusted';
import { escaped, pieces } from './untrusted';

test('characters that hide, reorder or fake are named', () => {
  const shows = (text: string, want: string) => expect(escaped(text)).toBe(want);
  shows('plain text, naïve 日本語 🙂', 'plain text, naïve 日本語 🙂');
  shows('invoice\u202Efdp.exe', 'invoice⟨U+202E⟩fdp.exe');
  shows('a\u200Bb', 'a⟨U+200B⟩b');
  shows('\u001b[31mred', '⟨ESC⟩[31mred');
  shows('a\0b', 'a⟨NUL⟩b');
  shows('one\ntwo\ttab\r', 'one⟨↵⟩two⟨→⟩tab⟨CR⟩');
  shows('\uD800', '⟨U+D800⟩');
  shows('tag \u{E0041}', 'tag ⟨U+E0041⟩');
  shows('', '');
});

test('each named character says its code and its name', () => {
  const special = pieces('\u202E')[0];
  expect(special).toEqual({ text: 'U+202E', special: true, name: 'U+202E right-to-left override' });
});

test('markup stays text, and an address is never a link', () => {
  render(<Untrusted text={'<img src=x onerror=alert(1)> https://evil.example/'} />);
  expect(screen.getByText(/<img src=x/)).toBeTruthy();
  expect(document.querySelector('img, a')).toBeNull();
});

test('a text of lines keeps its lines, and still names the rest', () => {
  render(<Untrusted text={'one\ntwo\u202E'} lines />);
  const shown = document.querySelector('bdi');
  expect(shown?.textContent).toBe('one\ntwoU+202E');
  expect(document.querySelector('.ctl')?.getAttribute('title')).toContain('override');
});
