import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { opaque, type PickleRules, unpickle } from './pickle.ts';

const rules: PickleRules = {
  source: 'weights.bin',
  globals: new Map([
    ['collections.OrderedDict', { name: 'collections.OrderedDict', call: () => new Map() }],
    ['torch.FloatStorage', { name: 'torch.FloatStorage' }],
    ['numpy.dtype', { name: 'numpy.dtype', call: () => opaque }],
  ]),
  persistent: (id) => ({ id }),
};

/** Pickles as Python would print them: bytes of latin1. */
const load = (pickle: string) => unpickle(Buffer.from(pickle, 'latin1'), rules).value;

describe('unpickle', () => {
  it.each<[string, string, unknown]>([
    ['None, True, False', '\x80\x02(N\x88\x89t.', [null, true, false]],
    ['integers', '\x80\x02(K\xffM\xff\xffJ\xff\xff\xff\xfft.', [255, 65535, -1]],
    [
      'long integers',
      '\x80\x02(\x8a\x00\x8a\x01\xff\x8a\x02\x00\x01\x8b\x01\x00\x00\x00\x7ft.',
      [0, -1, 256, 127],
    ],
    ['integers beyond doubles', '\x80\x02\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.', 2n ** 63n - 1n],
    ['floats', '\x80\x02G\xbf\xf8\x00\x00\x00\x00\x00\x00.', -1.5],
    ['text', '\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x03\xea\xb0\x80\x94.', '가'],
    ['lists', '\x80\x02]q\x00(K\x01K\x02eK\x03a.', [1, 2, 3]],
    [
      'dictionaries',
      '\x80\x02}q\x00(U\x01aK\x01U\x01bK\x02uU\x01cK\x03s.',
      new Map([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]),
    ],
    ['tuples', '\x80\x02K\x01\x85K\x02K\x03\x86K\x04K\x05K\x06\x87\x87.', [[1], [2, 3], [4, 5, 6]]],
    ['what was kept', '\x80\x02]q\x07h\x07\x86.', [[], []]],
    ['what was kept in protocol 4', '\x80\x04K\x09\x94h\x00\x86.', [9, 9]],
    ['persistent ids', '\x80\x02U\x01kQ.', { id: 'k' }],
    ['calls of allowed globals', '\x80\x02ccollections\nOrderedDict\n)R.', new Map()],
    ['objects of allowed classes', '\x80\x02ccollections\nOrderedDict\n)\x81.', new Map()],
    [
      'the parameters in the state of a dictionary',
      '\x80\x02ccollections\nOrderedDict\n)\x81}(U\x0b_parameters}U\x01aK\x01sU\x08trainingN\x75b.',
      new Map([['a', 1]]),
    ],
    ['the state of a dictionary, which is left out', '\x80\x02}}U\x01aK\x01sb.', new Map()],
    ['objects of which nothing is known, without their state', '\x80\x02cnumpy\ndtype\n)R}b.', opaque],
  ])('reads %s', (_, pickle, value) => {
    expect(load(pickle)).toEqual(value);
  });

  it('says where the pickle ends', () => {
    expect(unpickle(Buffer.from('..\x80\x02K\x01.rest', 'latin1'), rules, 2)).toEqual({ value: 1, end: 7 });
  });

  it.each([
    ['GLOBAL', '\x80\x02cposix\nsystem\nU\x04echo\x85R.'],
    ['STACK_GLOBAL', '\x80\x04\x8c\x05posix\x8c\x06system\x93U\x04echo\x85R.'],
    ['NEWOBJ', '\x80\x02cposix\nsystem\nU\x04echo\x85\x81.'],
    ['a global that is never called', '\x80\x02cposix\nsystem\n0K\x01.'],
  ])('refuses a global that is not listed, by name: %s', (_, pickle) => {
    expect(() => load(pickle)).toThrow(CheckpointError);
    expect(() => load(pickle)).toThrow('weights.bin asks for the Python global posix.system');
  });

  it.each<[string, string, string]>([
    [
      'calling a global that is a mere value',
      '\x80\x02ctorch\nFloatStorage\n)R.',
      'calls torch.FloatStorage',
    ],
    ['calling what is no global', '\x80\x02K\x01)R.', 'calls what is no function'],
    [
      'a global that is named by a list, though the list spells an allowed name',
      '\x80\x04]\x8c\x0bcollectionsa\x8c\x0bOrderedDict\x93)R.',
      'names a global by what is no text',
    ],
    [
      'a number of absurd length',
      `\x80\x02\x8b\x01\x01\x00\x00${'\x00'.repeat(257)}.`,
      'a number of 257 bytes',
    ],
    ['a key without a value', '\x80\x02}(K\x01u.', 'sets a key without a value'],
    ['objects without end', `\x80\x02${'}'.repeat(2 ** 20 + 1)}.`, 'makes over 1048576 objects'],
    [
      'an object that looks like an allowed global',
      '\x80\x02}U\x04nameU\x17collections.OrderedDicts)R.',
      'calls what is no function',
    ],
    ['INST', '\x80\x02(iposix\nsystem\n.', 'operation 0x69 at byte 3 is not supported'],
    ['OBJ', '\x80\x02(ccollections\nOrderedDict\no.', 'operation 0x6f'],
    ['an object of what is no class', '\x80\x02ctorch\nFloatStorage\n)\x81.', 'calls torch.FloatStorage'],
    [
      'one large state that is set again and again',
      `\x80\x02}}U\x0b_parameters}(${Array.from({ length: 256 }, (_, i) => `K${String.fromCharCode(i)}N`).join('')}usq\x00${'bh\x00'.repeat(5000)}b.`,
      'makes over 1048576 objects',
    ],
    ['extension registry codes', '\x80\x02\x82\x01.', 'operation 0x82'],
    ['setting the state of an object', '\x80\x02ctorch\nFloatStorage\nNb.', 'sets the state'],
    ['an end in the middle', '\x80\x02U\x09abc', 'ends in the middle'],
    ['a length beyond everything', '\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.', 'ends in the middle'],
    ['an empty stack', '\x80\x02.', 'takes from an empty stack'],
    ['taking from below a mark', '\x80\x02K\x01(0.', 'takes from an empty stack'],
    ['a missing mark', '\x80\x02t.', 'lacks a mark'],
    ['what was never kept', '\x80\x02h\x07.', 'recalls 7'],
    ['appending to a number', '\x80\x02K\x01K\x02a.', 'no list'],
    ['items of a list', '\x80\x02]K\x01K\x02s.', 'no dictionary'],
  ])('refuses %s', (_, pickle, message) => {
    expect(() => load(pickle)).toThrow(CheckpointError);
    expect(() => load(pickle)).toThrow(message);
  });
});
