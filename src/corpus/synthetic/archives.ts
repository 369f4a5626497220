/**
 * Archives as corpora come in: split into parts, and inside of tars.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Cuts a file into `X.part<first byte>`, as AI Hub's downloads are, and removes it. Gives the names of the parts. */
export function splitFile(path: string, partBytes: number): string[] {
  const bytes = readFileSync(path);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += partBytes) {
    parts.push(`${path}.part${at}`);
    writeFileSync(parts.at(-1)!, bytes.subarray(at, at + partBytes));
  }
  rmSync(path);
  return parts;
}

/** A tar (POSIX ustar) with these files; names over 100 bytes get a pax header. */
export function writeTar(path: string, files: readonly (readonly [name: string, content: Buffer])[]): void {
  const blocks: Buffer[] = [];
  for (const [name, content] of files) {
    if (Buffer.byteLength(name) > 100) {
      const record = paxRecord('path', name);
      blocks.push(header('pax', record.length, 'x'), padded(record));
    }
    blocks.push(header(name, content.length, '0'), padded(content));
  }
  writeFileSync(path, Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest) + 2;
  while (Buffer.byteLength(`${length}${rest}`) !== length) length++;
  return Buffer.from(`${length}${rest}`);
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(`${'0'.repeat(11)}\0`, 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
