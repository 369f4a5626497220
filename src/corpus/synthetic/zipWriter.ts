/**
 * Writes zip archives, with names in any encoding, of any number of files.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipOptions {
  /** Stored as they are when 0. */
  readonly level?: number;
  /** Bytes of the name; UTF-8 with its flag when left out. */
  readonly rawName?: Buffer;
}

export interface ZipWriter {
  add(name: string, content: Buffer | string, options?: ZipOptions): void;
  close(): void;
}

export function zipWriter(path: string): ZipWriter {
  const file = openSync(path, 'w');
  const directory: Buffer[] = [];
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let end = 0;
  const write = (bytes: Buffer) => {
    waiting.push(bytes);
    waitingBytes += bytes.length;
    end += bytes.length;
    if (waitingBytes > 2 ** 22) flush();
  };
  const flush = () => {
    writeSync(file, Buffer.concat(waiting));
    waiting = [];
    waitingBytes = 0;
  };
  return {
    add(name, content, { level = 6, rawName } = {}) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      const packed = level === 0 ? bytes : deflateRawSync(bytes, { level });
      const nameBytes = rawName ?? Buffer.from(name);
      const fields = Buffer.alloc(26);
      fields.writeUInt16LE(20, 0);
      fields.writeUInt16LE(rawName === undefined ? 0x800 : 0, 2);
      fields.writeUInt16LE(level === 0 ? 0 : 8, 4);
      fields.writeUInt32LE(crc32(bytes), 10);
      fields.writeUInt32LE(packed.length, 14);
      fields.writeUInt32LE(bytes.length, 18);
      fields.writeUInt16LE(nameBytes.length, 22);
      const central = Buffer.alloc(46);
      central.writeUInt32LE(0x02014b50, 0);
      central.writeUInt16LE(20, 4);
      fields.copy(central, 6);
      central.writeUInt32LE(end, 42);
      directory.push(central, nameBytes);
      const signature = Buffer.alloc(4);
      signature.writeUInt32LE(0x04034b50, 0);
      write(Buffer.concat([signature, fields, nameBytes, packed]));
    },
    close() {
      const start = end;
      for (const part of directory) write(part);
      const tail = Buffer.alloc(22);
      tail.writeUInt32LE(0x06054b50, 0);
      // Beyond 65,535 the count is written modulo that; readers go by the size, and ours needs the zip64 record.
      const count = directory.length / 2;
      if (count >= 0xffff) write(zip64End(count, end - start, start, end));
      tail.writeUInt16LE(Math.min(count, 0xffff), 8);
      tail.writeUInt16LE(Math.min(count, 0xffff), 10);
      tail.writeUInt32LE(end - start - (count >= 0xffff ? 76 : 0), 12);
      tail.writeUInt32LE(start, 16);
      write(tail);
      flush();
      closeSync(file);
    },
  };
}

/** The zip64 end record and its locator. */
function zip64End(count: number, size: number, start: number, at: number): Buffer {
  const record = Buffer.alloc(76);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(at), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
