/**
 * PyTorch's CPU random numbers: the same seed gives the same starting latents as `torch.Generator().manual_seed`.
 *
 * Values agree with PyTorch to about 1e-6 (its vectorised logarithm and cosine differ in the last bits from one
 * machine to the next). For everything that need not follow PyTorch there is stream.ts.
 */
import { InputError } from "../errors.js";
import { mersenne, seededState } from "./mersenne.js";
/** Tensors of at least this many values take PyTorch's vectorised path, in blocks of as many. */
const block = 16;
/**
 * `torch.Generator('cpu').manual_seed(seed)`. PyTorch seeds its engine with the low 32 bits only.
 * Throws InputError unless `seed` is a whole number of at least 0 (a `number` must be exact: at most 2^53 - 1).
 */
export function torchGenerator(seed) {
    if (typeof seed === 'number' ? !Number.isSafeInteger(seed) || seed < 0 : seed < 0n) {
        throw new InputError(`The seed ${seed} is not a whole number of at least 0.`, 'Give a seed such as 0 or 42 (larger than 2^53: as a bigint).');
    }
    const low = Number(BigInt.asUintN(32, BigInt(seed)));
    return restoreTorch({ engine: seededState(low), spareNormal: undefined });
}
/** A generator that continues from a snapshot. */
export function restoreTorch(start) {
    const engine = mersenne(start.engine);
    let spareNormal = start.spareNormal;
    const uniform24 = () => (engine.next() & 0xffffff) / 2 ** 24;
    /** 53 bits out of two words, the first of which is the higher. */
    function uniform53() {
        const high = engine.next() & 0x1fffff;
        return (high * 2 ** 32 + engine.next()) / 2 ** 53;
    }
    /** Box-Muller in double precision; each pair serves two calls. */
    function scalarNormal() {
        if (spareNormal !== undefined) {
            const value = spareNormal;
            spareNormal = undefined;
            return value;
        }
        const angle = 2 * Math.PI * uniform53();
        const radius = Math.sqrt(-2 * Math.log1p(-uniform53()));
        spareNormal = radius * Math.sin(angle);
        return radius * Math.cos(angle);
    }
    /**
     * The vectorised path fills everything with uniforms, turns whole blocks into normals, and then, where a part
     * of a block is left over, draws the last 16 values anew.
     */
    function fillNormal(values) {
        const fill = (part) => {
            for (let i = 0; i < part.length; i++)
                part[i] = uniform24();
        };
        fill(values);
        for (let begin = 0; begin + block <= values.length; begin += block) {
            boxMullerBlock(values.subarray(begin, begin + block));
        }
        if (values.length % block === 0)
            return;
        const last = values.subarray(values.length - block);
        fill(last);
        boxMullerBlock(last);
    }
    return {
        rand: (shape) => Float32Array.from({ length: count(shape) }, uniform24),
        randn(shape) {
            const values = new Float32Array(count(shape));
            if (values.length >= block)
                fillNormal(values);
            else
                for (let i = 0; i < values.length; i++)
                    values[i] = scalarNormal();
            return values;
        },
        state: () => ({ engine: engine.state(), spareNormal }),
    };
}
/**
 * Turns 16 uniforms into 16 normals in place: value j and value j + 8 make a pair
 * (Box and Muller, "A note on the generation of random normal deviates", 1958).
 */
function boxMullerBlock(values) {
    const half = block / 2;
    for (let j = 0; j < half; j++) {
        const radius = Math.sqrt(-2 * Math.log(1 - values[j]));
        const angle = 2 * Math.PI * values[j + half];
        values[j] = radius * Math.cos(angle);
        values[j + half] = radius * Math.sin(angle);
    }
}
function count(shape) {
    return shape.reduce((product, size) => product * size, 1);
}
//# sourceMappingURL=torch.js.map