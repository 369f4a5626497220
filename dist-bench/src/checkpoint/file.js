/**
 * Reading parts of a file, with errors that name it.
 *
 * Knows no format.
 */
import { open, realpath } from 'node:fs/promises';
import { CheckpointError } from "../errors.js";
// One read of the operating system is limited to 2 GiB.
const mostAtOnce = 2 ** 30;
/** The code of a failed system call, such as ENOENT. */
export function systemCode(error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
/** Why the file system refused `path`, as the error to throw. */
export function unreadable(path, cause) {
    const missing = ['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '');
    return missing
        ? new CheckpointError(`${path} does not exist.`, 'Check the path.', { cause })
        : new CheckpointError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, 'Check its permissions and the disk.', { cause });
}
/** Opens a file for `use` and closes it after. Throws CheckpointError if it is missing or not a regular file. */
export async function withFile(path, use) {
    let handle;
    let realPath;
    try {
        realPath = await realpath(path);
        handle = await open(realPath, 'r');
    }
    catch (cause) {
        throw unreadable(path, cause);
    }
    try {
        const status = await handle.stat();
        if (!status.isFile())
            throw new CheckpointError(`${path} is not a file.`, 'Name the file itself.');
        return await use(openFile(path, realPath, status.size, handle));
    }
    finally {
        await handle.close();
    }
}
function openFile(path, realPath, size, handle) {
    const readInto = async (target, offset) => {
        for (let done = 0; done < target.length;) {
            const wanted = Math.min(mostAtOnce, target.length - done);
            const { bytesRead } = await handle.read(target, done, wanted, offset + done);
            if (bytesRead === 0) {
                throw new CheckpointError(`${path} ends before byte ${offset + target.length}, up to which it is to be read.`, 'It is truncated: download or write it again.');
            }
            done += bytesRead;
        }
    };
    const read = async (offset, length) => {
        const bytes = Buffer.alloc(length);
        await readInto(bytes, offset);
        return bytes;
    };
    return { path, realPath, size, read, readInto };
}
//# sourceMappingURL=file.js.map