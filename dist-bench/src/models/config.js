/**
 * Reads a model's config.json against a schema, so that a value that we do not know is an error and not a guess.
 */
import { z } from 'zod';
import { ConfigError } from "../errors.js";
/**
 * `json` as the schema describes it. `source` names the file in the error.
 * Throws ConfigError naming the first key that does not fit, its value and what was expected.
 */
export function parseConfig(schema, json, source) {
    const result = schema.safeParse(json);
    if (result.success)
        return result.data;
    const [issue] = result.error.issues;
    const path = issue?.path ?? [];
    const value = path.reduce((at, key) => at?.[key], json);
    const key = path.join('.') || 'the whole file';
    throw new ConfigError(`${source}: ${key} is ${JSON.stringify(value) ?? 'missing'}: ${issue?.message ?? 'not valid'}.`, 'Correct the file, or use a model of a supported kind.', { cause: result.error });
}
/** A key for which we build only these values; the first is what a missing key means. */
export function only(...values) {
    const list = values.map((value) => JSON.stringify(value)).join(' or ');
    return z.literal([...values], { error: `only ${list} is supported` }).default(values[0]);
}
//# sourceMappingURL=config.js.map