/**
 * The rows of a PNG picture: filters, Adam7 interlacing, and samples of 1 to 16 bits.
 *
 * Knows neither chunks nor compression nor what a sample means. Source: W3C, "Portable Network Graphics
 * (PNG) Specification (Third Edition)", sections 7 to 9.
 */

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Samples a pixel. */
  readonly channels: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly interlaced: boolean;
}

/** Where the pixels of one pass lie in the whole picture. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

const wholePicture: readonly Pass[] = [{ x: 0, y: 0, stepX: 1, stepY: 1 }];

const adam7: readonly Pass[] = [
  { x: 0, y: 0, stepX: 8, stepY: 8 },
  { x: 4, y: 0, stepX: 8, stepY: 8 },
  { x: 0, y: 4, stepX: 4, stepY: 8 },
  { x: 2, y: 0, stepX: 4, stepY: 4 },
  { x: 0, y: 2, stepX: 2, stepY: 4 },
  { x: 1, y: 0, stepX: 2, stepY: 2 },
  { x: 0, y: 1, stepX: 1, stepY: 2 },
];

/** Predicts a byte from its neighbours: the one to the left, above, and above left. */
type Predictor = (left: number, up: number, upLeft: number) => number;

/** In the order of the filter byte: None, Sub, Up, Average, Paeth. */
const predictors: readonly Predictor[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

/** The neighbour nearest to left + up - upLeft; ties go to the left one, then the upper. */
function paeth(left: number, up: number, upLeft: number): number {
  const toLeft = Math.abs(up - upLeft);
  const toUp = Math.abs(left - upLeft);
  const toUpLeft = Math.abs(left + up - 2 * upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

/**
 * Filtered rows of an 8-bit picture, not interlaced. Each row takes the filter with the smallest sum of
 * absolute differences, the heuristic that the specification suggests (section 12.7).
 *
 * @param data [height, width, channels]
 */
export function packScanlines(
  data: Uint8Array | Uint8ClampedArray,
  { width, height, channels }: Pick<Layout, 'width' | 'height' | 'channels'>,
): Uint8Array {
  const stride = width * channels;
  const packed = new Uint8Array(height * (stride + 1));
  const trial = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * stride, (y + 1) * stride);
    const above = y > 0 ? data.subarray((y - 1) * stride, y * stride) : new Uint8Array(stride);
    let least = Number.POSITIVE_INFINITY;
    predictors.forEach((predict, filter) => {
      const cost = filterRow(row, above, channels, predict, trial);
      if (cost >= least) return;
      least = cost;
      packed[y * (stride + 1)] = filter;
      packed.set(trial, y * (stride + 1) + 1);
    });
  }
  return packed;
}

/** Writes row minus prediction into `result`; returns the sum of the differences' sizes as signed bytes. */
function filterRow(
  row: ArrayLike<number>,
  above: ArrayLike<number>,
  channels: number,
  predict: Predictor,
  result: Uint8Array,
): number {
  let cost = 0;
  for (let i = 0; i < result.length; i++) {
    const left = i < channels ? 0 : row[i - channels]!;
    const upLeft = i < channels ? 0 : above[i - channels]!;
    const difference = (row[i]! - predict(left, above[i]!, upLeft)) & 0xff;
    result[i] = difference;
    cost += difference < 128 ? difference : 256 - difference;
  }
  return cost;
}

/** Bytes that the filtered rows of a picture take. */
export function packedSize(layout: Layout): number {
  return passes(layout).reduce((total, { rows, stride }) => total + rows * (stride + 1), 0);
}

/**
 * Sample values, [height, width, channels], each from 0 to 2^depth - 1.
 *
 * @param packed at least `packedSize(layout)` bytes; they are unfiltered in place
 * @throws RangeError for a filter that PNG does not have
 */
export function unpackScanlines(packed: Uint8Array, layout: Layout): Uint16Array {
  const { width, height, channels, depth } = layout;
  const samples = new Uint16Array(width * height * channels);
  const pixelBytes = Math.max(1, (channels * depth) >> 3);
  let offset = 0;
  for (const { pass, columns, rows, stride } of passes(layout)) {
    let above: Uint8Array = new Uint8Array(stride);
    for (let y = 0; y < rows; y++) {
      const predict = predictors[packed[offset]!];
      if (predict === undefined) throw new RangeError(`unknown filter ${packed[offset]}`);
      const row = packed.subarray(offset + 1, offset + 1 + stride);
      unfilterRow(row, above, pixelBytes, predict);
      const start = (pass.y + y * pass.stepY) * width + pass.x;
      for (let x = 0; x < columns; x++) {
        const target = (start + x * pass.stepX) * channels;
        for (let c = 0; c < channels; c++) samples[target + c] = sample(row, x * channels + c, depth);
      }
      above = row;
      offset += stride + 1;
    }
  }
  return samples;
}

/** The passes of a picture that hold pixels, with their size: `stride` is the bytes of a row. */
function passes({ width, height, channels, depth, interlaced }: Layout) {
  return (interlaced ? adam7 : wholePicture)
    .map((pass) => {
      const columns = Math.ceil((width - pass.x) / pass.stepX);
      const rows = Math.ceil((height - pass.y) / pass.stepY);
      return { pass, columns, rows, stride: Math.ceil((columns * channels * depth) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

function unfilterRow(row: Uint8Array, above: Uint8Array, pixelBytes: number, predict: Predictor): void {
  for (let i = 0; i < row.length; i++) {
    const left = i < pixelBytes ? 0 : row[i - pixelBytes]!;
    const upLeft = i < pixelBytes ? 0 : above[i - pixelBytes]!;
    row[i] = row[i]! + predict(left, above[i]!, upLeft);
  }
}

/** Sample number `index` of a row: big-endian 16 bits, a byte, or bits from the high end. */
function sample(row: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return row[index]!;
  if (depth === 16) return (row[index * 2]! << 8) | row[index * 2 + 1]!;
  const bit = index * depth;
  return (row[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}
