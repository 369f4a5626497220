import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { loraTag, takeLoraTags } from './loraTags.ts';

const both = (multiplier: number) => ({ multiplier, textMultiplier: multiplier });

test.each([
  ['a cat <lora:ink:0.8>', 'a cat', [{ name: 'ink', ...both(0.8) }]],
  ['<lora:ink> 고양이', '고양이', [{ name: 'ink', ...both(1) }]],
  [
    'a <lora:a b:-.5> cat, <lyco:두번째:1>',
    'a cat,',
    [
      { name: 'a b', ...both(-0.5) },
      { name: '두번째', ...both(1) },
    ],
  ],
  ['<lora:ink:0.5:0.8>', '', [{ name: 'ink', multiplier: 0.8, textMultiplier: 0.5 }]],
  ['<lora:ink:unet=0.3:te=0>', '', [{ name: 'ink', multiplier: 0.3, textMultiplier: 0 }]],
  ['a <b> (cat:1.2)  <hypernet:x:1>', 'a <b> (cat:1.2)  <hypernet:x:1>', []],
])('%j asks for its LoRAs and leaves the words', (text, prompt, loras) => {
  expect(takeLoraTags(text)).toEqual({ prompt, loras });
});

test('a tag that is written is read as the same', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
  const name = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => text === text.trim() && text !== '' && !/[:<>]/.test(text));
  fc.assert(
    fc.property(fc.record({ name, multiplier: number, textMultiplier: number }), (tag) => {
      expect(takeLoraTags(`a cat ${loraTag(tag)}`)).toEqual({ prompt: 'a cat', loras: [tag] });
    }),
  );
});

test.each(['<lora:>', '<lora::0.5>', '<lora:ink:strong>', '<lora:ink:>'])(
  '%s is refused with its text',
  (tag) => {
    expect(() => takeLoraTags(`a cat ${tag}`)).toThrow(InputError);
    expect(() => takeLoraTags(`a cat ${tag}`)).toThrow(tag);
  },
);
