import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { formatParameters, type GenerationParameters, parseParameters } from './parameters.ts';

const apple: GenerationParameters = {
  prompt: '파란 배경의 빨간 사과',
  negativePrompt: '흐린, 어두운',
  steps: 25,
  sampler: 'UniPC',
  cfgScale: 7.5,
  seed: 1,
  width: 64,
  height: 64,
  model: 'emoji-sd',
  extra: { 'Text encoder': 'clip-ko' },
};

const prompts = fc
  .string({ unit: 'grapheme', maxLength: 80 })
  .filter((text) => !text.split('\n').some((line) => line.startsWith('Negative prompt:')));
const values = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    'a, b: c',
    'two\nlines',
    '"quoted"',
    ' spaces ',
    'back\\slash',
    '"',
    'a"b',
    '',
    '한국어: 사과, 배',
  ),
);
const names = fc.constantFrom(
  'Denoising strength',
  'Clip skip',
  'Version',
  'Text encoder',
  'VAE hash',
  'a/b_c-d',
);

describe('parameters', () => {
  it('are written in the form that AUTOMATIC1111 reads', () => {
    expect(formatParameters(apple)).toBe(
      '파란 배경의 빨간 사과\n' +
        'Negative prompt: 흐린, 어두운\n' +
        'Steps: 25, Sampler: UniPC, CFG scale: 7.5, Seed: 1, Size: 64x64, Model: emoji-sd, Text encoder: clip-ko',
    );
  });

  it('come back from their text', () => {
    const parameters = fc.record({
      prompt: prompts,
      negativePrompt: prompts,
      steps: fc.nat(),
      sampler: values,
      cfgScale: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
      seed: fc.maxSafeNat(),
      width: fc.nat(4096),
      height: fc.nat(4096),
      model: values,
      extra: fc.dictionary(names, values),
    });
    fc.assert(
      fc.property(parameters, (given) => {
        expect(parseParameters(formatParameters(given))).toEqual({ ...given, extra: { ...given.extra } });
      }),
    );
  });

  it('keep prompts of several lines', () => {
    const given = { ...apple, prompt: 'a red apple,\non a blue background', negativePrompt: 'dark\nblurry' };
    expect(parseParameters(formatParameters(given))).toEqual(given);
  });

  it('are read as the web UI writes them', () => {
    const text =
      'a photo of <lora:x:0.8> a cat\nNegative prompt: lowres, bad hands\n' +
      'Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 2868826763, Size: 512x768, ' +
      'Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Lora hashes: "x: ab12, y: cd34", Version: v1.9.4';
    expect(parseParameters(text)).toEqual({
      prompt: 'a photo of <lora:x:0.8> a cat',
      negativePrompt: 'lowres, bad hands',
      steps: 20,
      sampler: 'DPM++ 2M Karras',
      cfgScale: 7,
      seed: 2868826763,
      width: 512,
      height: 768,
      model: 'v1-5-pruned-emaonly',
      extra: { 'Model hash': '6ce0161689', 'Lora hashes': 'x: ab12, y: cd34', Version: 'v1.9.4' },
    });
  });

  it('take any other text for a prompt', () => {
    expect(parseParameters('just a prompt: with, commas')).toEqual({
      prompt: 'just a prompt: with, commas',
      negativePrompt: '',
      extra: {},
    });
    expect(parseParameters('')).toEqual({ prompt: '', negativePrompt: '', extra: {} });
  });

  it('keep a setting of the wrong kind among the extra ones', () => {
    const { steps, extra } = parseParameters('x\nSteps: many, Sampler: UniPC, Size: large, Seed: 3');
    expect([steps, extra]).toEqual([undefined, { Steps: 'many', Size: 'large' }]);
  });

  it('refuse a setting whose name could not be read back', () => {
    expect(() => formatParameters({ ...apple, extra: { 'a: b': 'c' } })).toThrow(InputError);
  });
});
