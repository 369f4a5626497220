/**
 * Pickles made by hand for tests, as text of latin1: every character is a byte.
 *
 * Knows the opcodes of Python's `pickletools` and how torch.save describes a tensor.
 */

export const byte = (value: number) => `K${String.fromCharCode(value)}`;
export const text = (value: string) => `U${String.fromCharCode(value.length)}${value}`;
export const tuple = (...items: string[]) => `(${items.join('')}t`;
export const sizes = (values: readonly number[]) => tuple(...values.map(byte));

export interface View {
  readonly type?: string;
  readonly length: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What torch.save pickles for a tensor on storage `0`. */
export function tensor({ type = 'FloatStorage', length, offset, shape, strides }: View): string {
  const id = tuple(text('storage'), `ctorch\n${type}\n`, text('0'), text('cpu'), byte(length));
  const args = tuple(
    `${id}Q`,
    byte(offset),
    sizes(shape),
    sizes(strides),
    '\x89',
    'ccollections\nOrderedDict\n)R',
  );
  return `ctorch._utils\n_rebuild_tensor_v2\n${args}R`;
}

export function stateDict(tensors: Readonly<Record<string, string>>): Buffer {
  const items = Object.entries(tensors).map(([name, pickle]) => text(name) + pickle);
  return Buffer.from(`\x80\x02}(${items.join('')}u.`, 'latin1');
}

/** Lists in lists, each one twice in the next: 2^`depth` elements to whoever walks through them. */
export function memoBomb(depth: number): string {
  const kept = (place: number) => String.fromCharCode(place);
  const lists = Array.from({ length: depth }, (_, i) => `0](h${kept(i)}h${kept(i)}eq${kept(i + 1)}`);
  return `](K\x01K\x02eq\x00${lists.join('')}`;
}
