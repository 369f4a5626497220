import { describe, expect, it } from 'vitest';
import { shownJson, shownSizes, shownText } from './shown.ts';

describe('values in messages', () => {
  it('stand as they are where they are short and plain', () => {
    expect(shownText('빨간 사과 🍎')).toBe('빨간 사과 🍎');
    expect(shownJson({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(shownJson(undefined)).toBe('undefined');
    expect(shownSizes([2, 3])).toBe('[2, 3]');
  });

  it('lose what would steer a terminal', () => {
    expect(shownText('a\u001b[2J\nb\u202e\ud800')).toBe('a\uFFFD[2J\uFFFDb\uFFFD\uFFFD');
  });

  it('are cut, and may be nested deeper than the stack', () => {
    expect(shownText('x'.repeat(1e6))).toBe(`${'x'.repeat(160)}…`);
    expect(shownJson('x'.repeat(1e6))).toHaveLength(161);
    expect(shownSizes(Array(1e6).fill(1))).toBe(`[${Array(16).fill(1).join(', ')}, …]`);
    expect(shownJson(JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)))).toContain('nested too deeply');
  });
});
