/**
 * The 256 printable symbols that stand for bytes in a byte-level vocabulary (GPT-2's table, which CLIP took over): a
 * byte that prints in Latin-1 is its own symbol, the others get the characters from U+0100 on, in order.
 */
const prints = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
function makeTable() {
    let next = 256;
    return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(prints(byte) ? byte : next++));
}
/** By byte. */
export const byteSymbols = makeTable();
const bytesOfSymbols = new Map(byteSymbols.map((symbol, byte) => [symbol, byte]));
/** Text whose UTF-8 bytes the symbols stand for; bytes that form no character become U+FFFD. */
export function textOfSymbols(symbols) {
    const bytes = [];
    for (const symbol of symbols) {
        const byte = bytesOfSymbols.get(symbol);
        if (byte !== undefined)
            bytes.push(byte);
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
//# sourceMappingURL=bytes.js.map