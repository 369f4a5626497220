/**
 * Where the files inside a zip archive begin (APPNOTE.TXT of PKWARE, with the zip64 extension).
 *
 * Only that: PyTorch stores tensors in a zip without compression, so their place is all we need, and the archive
 * readers for Node hand out contents, not places. Decompresses nothing.
 */
import { CheckpointError } from "../errors.js";
const endSignature = 0x06054b50;
const end64LocatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const zip64Field = 0x0001;
/** All files of the archive, in the order of its directory. Throws CheckpointError if it is damaged. */
export async function readZipEntries(file) {
    const directory = await findDirectory(file);
    if (directory.offset + directory.byteLength > file.size)
        throw damaged(file, 'its directory lies outside');
    const bytes = await file.read(directory.offset, directory.byteLength);
    const entries = [];
    for (let at = 0; entries.length < directory.entryCount;) {
        if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== centralSignature) {
            throw damaged(file, `entry ${entries.length} of its directory is broken`);
        }
        const nameLength = bytes.readUInt16LE(at + 28);
        const extraStart = at + 46 + nameLength;
        const extraEnd = extraStart + bytes.readUInt16LE(at + 30);
        if (extraEnd > bytes.length)
            throw damaged(file, `entry ${entries.length} of its directory is cut off`);
        const name = bytes.toString('utf8', at + 46, extraStart);
        const plain = bytes.readUInt16LE(at + 10) === 0 && (bytes.readUInt16LE(at + 8) & 1) === 0;
        const [fullLength, byteLength, header] = wideFields(bytes, at, bytes.subarray(extraStart, extraEnd));
        const offset = await contentStart(file, header, name);
        if (offset + byteLength > directory.offset)
            throw damaged(file, `${name} lies outside`);
        entries.push({ name, stored: plain && fullLength === byteLength, offset, byteLength });
        at = extraEnd + bytes.readUInt16LE(at + 32);
    }
    return entries;
}
/** The directory is found from the end: the last record names its place. */
async function findDirectory(file) {
    const tail = await file.read(Math.max(0, file.size - 65557), Math.min(file.size, 65557));
    let at = tail.length - 22;
    while (at >= 0 && !(tail.readUInt32LE(at) === endSignature && endsAt(tail, at)))
        at--;
    if (at < 0)
        throw damaged(file, 'the record at its end is missing: it is truncated');
    if (at >= 20 && tail.readUInt32LE(at - 20) === end64LocatorSignature) {
        return readDirectory64(file, Number(tail.readBigUInt64LE(at - 12)));
    }
    return {
        entryCount: tail.readUInt16LE(at + 10),
        byteLength: tail.readUInt32LE(at + 12),
        offset: tail.readUInt32LE(at + 16),
    };
}
function endsAt(tail, at) {
    return at + 22 + tail.readUInt16LE(at + 20) === tail.length;
}
async function readDirectory64(file, at) {
    if (at + 56 > file.size)
        throw damaged(file, 'its zip64 record lies outside');
    const record = await file.read(at, 56);
    if (record.readUInt32LE(0) !== end64Signature)
        throw damaged(file, 'its zip64 record is broken');
    return {
        entryCount: Number(record.readBigUInt64LE(32)),
        byteLength: Number(record.readBigUInt64LE(40)),
        offset: Number(record.readBigUInt64LE(48)),
    };
}
/** Full length, length in the archive and place of the local header, which zip64 moves to the extra field. */
function wideFields(bytes, at, extra) {
    const narrow = [24, 20, 42].map((place) => bytes.readUInt32LE(at + place));
    for (let i = 0; i + 4 <= extra.length; i += 4 + extra.readUInt16LE(i + 2)) {
        if (extra.readUInt16LE(i) !== zip64Field)
            continue;
        const field = extra.subarray(i + 4, i + 4 + extra.readUInt16LE(i + 2));
        let next = 0;
        return narrow.map((value) => {
            if (value !== 0xffffffff || next + 8 > field.length)
                return value;
            next += 8;
            return Number(field.readBigUInt64LE(next - 8));
        });
    }
    return narrow;
}
/** The local header repeats the name and has an extra field of its own length: only it tells where content begins. */
async function contentStart(file, header, name) {
    if (header + 30 > file.size)
        throw damaged(file, `${name} lies outside`);
    const local = await file.read(header, 30);
    if (local.readUInt32LE(0) !== localSignature)
        throw damaged(file, `the header of ${name} is broken`);
    return header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
}
function damaged(file, what) {
    return new CheckpointError(`${file.path} is not a sound zip archive: ${what}.`, 'Download it again, or use its safetensors form.');
}
//# sourceMappingURL=zip.js.map