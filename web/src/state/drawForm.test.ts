import { describe, expect, it } from 'vitest';
import { generateRequest, jobRequest } from '../../../src/server/contract/drawing.ts';
import { compareRequest, diagnoseRequest, emptyCompareForm } from './compareForm.ts';
import { drawRequest, emptyDrawForm, formOf, formOfRequest, knownNames } from './drawForm.ts';

const full = {
  ...emptyDrawForm,
  prompt: '파란색 배경의 빨간 사과',
  negativePrompt: '글자',
  model: 'emoji-sd',
  student: 'none',
  seed: '42',
  steps: '12',
  guidance: '7.5',
  scheduler: 'ddim',
  width: '64',
  height: '128',
  count: '3',
};

describe('the form of a drawing', () => {
  it('makes requests that the contract takes, whether full or empty', () => {
    for (const form of [full, emptyDrawForm]) {
      const { request, errors } = drawRequest(form);
      expect(errors).toEqual({});
      expect(jobRequest.safeParse(request).success).toBe(true);
    }
  });

  it('leaves to the server what was left empty', () => {
    expect(drawRequest({ ...emptyDrawForm, prompt: 'a' }).request).toEqual({
      kind: 'generate',
      prompt: 'a',
      negativePrompt: '',
      count: 1,
      previewEvery: 1,
    });
  });

  it('names each field that is wrong and sends nothing', () => {
    const limits = { steps: 50, count: 4, pixels: 65_536 };
    const { request, errors } = drawRequest(
      { ...full, seed: '1.5', steps: '51', guidance: 'x', width: '7', count: '5' },
      limits,
    );
    expect(request).toBeUndefined();
    expect(errors).toEqual({
      seed: 'whole',
      steps: 'range',
      guidance: 'number',
      width: 'range',
      count: 'range',
    });
  });

  it('is the same again from the request that it made', () => {
    const { request } = drawRequest(full);
    expect(formOfRequest(generateRequest.parse(request))).toEqual(full);
  });

  it('takes parameters of a picture, and leaves out names that this server does not have', () => {
    const form = formOf({
      prompt: 'a',
      seed: '18446744073709551615',
      steps: 9,
      model: 'gone',
      scheduler: 'ddim',
    });
    const known = { models: ['emoji-sd'], students: [], samplers: [{ name: 'ddim', title: 'DDIM' }] };
    expect(knownNames(form, known)).toMatchObject({ prompt: 'a', steps: '9', model: '', scheduler: 'ddim' });
    // As a file names it.
    expect(knownNames({ ...form, scheduler: 'DDIM' }, known).scheduler).toBe('ddim');
  });
});

describe('the form of a comparison', () => {
  const students = ['roberta', 'clip'];

  it('asks for nothing without Korean', () => {
    expect(compareRequest({ ...emptyCompareForm, en: 'a' }, students).request).toBeUndefined();
  });

  it('names the students only where some were left out', () => {
    const form = { ...emptyCompareForm, ko: '사과', en: 'apple' };
    expect(compareRequest(form, students).request).toEqual({
      kind: 'compare',
      ko: '사과',
      en: 'apple',
      seed: 1,
    });
    expect(compareRequest({ ...form, without: ['clip'] }, students).request).toMatchObject({
      students: ['roberta'],
    });
  });

  it('makes a diagnosis that the contract takes', () => {
    const request = diagnoseRequest({ ko: '사과', en: 'apple' }, 'roberta', { seed: 1, steps: undefined });
    expect(request).toEqual({
      kind: 'diagnose',
      prompt: '사과',
      reference: 'apple',
      seed: 1,
      student: 'roberta',
    });
    expect(jobRequest.safeParse(request).success).toBe(true);
  });
});
