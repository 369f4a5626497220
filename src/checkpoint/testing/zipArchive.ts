/**
 * Zip archives made by hand for tests, and broken where a reader believes what they say: counts, lengths, places.
 *
 * Knows no content.
 */
import { extremes, pick, type Random, setNumber } from './mutate.ts';

export interface ZipFile {
  readonly name: string;
  readonly content: Buffer;
  /** The compression that the archive claims. */
  readonly method?: number;
}

/** A zip archive; with `wide`, sizes and places stand in zip64 fields only. */
export function zip(files: readonly ZipFile[], wide = false): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const { name, content, method = 0 } of files) {
    const label = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(label.length, 26);
    // Padding in the extra field of the local header only, as PyTorch aligns its storages.
    local.writeUInt16LE(5, 28);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(method, 10);
    central.writeUInt16LE(label.length, 28);
    const places = [content.length, content.length, at];
    const extra = Buffer.alloc(wide ? 28 : 0);
    if (wide) {
      central.writeUInt16LE(28, 30);
      extra.writeUInt16LE(1);
      extra.writeUInt16LE(24, 2);
      for (const [i, place] of places.entries()) extra.writeBigUInt64LE(BigInt(place), 4 + 8 * i);
    }
    for (const [i, field] of [24, 20, 42].entries()) {
      central.writeUInt32LE(wide ? 0xffffffff : places[i]!, field);
    }
    const piece = Buffer.concat([local, label, Buffer.alloc(5, 'Z'), content]);
    locals.push(piece);
    centrals.push(central, label, extra);
    at += piece.length;
  }
  return Buffer.concat([
    ...locals,
    ...centrals,
    endOf(files.length, Buffer.concat(centrals).length, at, wide),
  ]);
}

function endOf(count: number, byteLength: number, offset: number, wide: boolean): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(wide ? 0xffff : count, 10);
  end.writeUInt32LE(wide ? 0xffffffff : byteLength, 12);
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16);
  if (!wide) return end;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50);
  for (const [i, value] of [count, byteLength, offset].entries()) {
    record.writeBigUInt64LE(BigInt(value), 32 + 8 * i);
  }
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  locator.writeBigUInt64LE(BigInt(offset + byteLength), 8);
  return Buffer.concat([record, locator, end]);
}

/** Signature, and the places and widths of the numbers after it. */
const records: readonly {
  readonly signature: number;
  readonly fields: readonly (readonly [number, number])[];
}[] = [
  {
    signature: 0x04034b50,
    fields: [
      [0, 4],
      [6, 2],
      [8, 2],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
    ],
  },
  {
    signature: 0x02014b50,
    fields: [
      [0, 4],
      [8, 2],
      [10, 2],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [32, 2],
      [42, 4],
    ],
  },
  {
    signature: 0x06054b50,
    fields: [
      [0, 4],
      [8, 2],
      [10, 2],
      [12, 4],
      [16, 4],
      [20, 2],
    ],
  },
  {
    signature: 0x06064b50,
    fields: [
      [0, 4],
      [24, 8],
      [32, 8],
      [40, 8],
      [48, 8],
    ],
  },
  {
    signature: 0x07064b50,
    fields: [
      [0, 4],
      [8, 8],
    ],
  },
];

interface Field {
  readonly at: number;
  readonly width: number;
}

/** All numbers of an archive's records; of a wide one also those in zip64 fields. */
export function zipFields(bytes: Buffer): Field[] {
  const found: Field[] = [];
  for (let at = bytes.indexOf('PK'); at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf('PK', at + 1)) {
    const signature = bytes.readUInt32LE(at);
    const record = records.find((known) => known.signature === signature);
    for (const [place, width] of record?.fields ?? []) {
      if (at + place + width <= bytes.length) found.push({ at: at + place, width });
    }
    if (signature !== 0x02014b50 || at + 46 > bytes.length) continue;
    const extra = at + 46 + bytes.readUInt16LE(at + 28);
    for (let place = extra + 4; place + 8 <= extra + bytes.readUInt16LE(at + 30); place += 8) {
      if (place + 8 <= bytes.length) found.push({ at: place, width: 8 });
    }
  }
  return found;
}

/** One to three numbers of the directory made wrong: extreme, off by one, or the number of another file. */
export function breakZip(random: Random, archive: Buffer): Buffer {
  const bytes = Buffer.from(archive);
  const fields = zipFields(archive);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const { at, width } = pick(random, fields);
    const other = pick(
      random,
      fields.filter((field) => field.width === width),
    );
    const length = BigInt(bytes.length);
    const near = [-1n, 1n, 8n].map((step) => numberAt(bytes, at, width) + step);
    setNumber(
      bytes,
      at,
      width,
      pick(random, [...near, ...near, numberAt(archive, other.at, width), length, ...extremes]),
    );
  }
  return bytes;
}

function numberAt(bytes: Buffer, at: number, width: number): bigint {
  return width === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUIntLE(at, width));
}
