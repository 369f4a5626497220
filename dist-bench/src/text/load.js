/**
 * From the contents of a tokenizer folder to a tokenizer, whichever of the known kinds it holds.
 *
 * The one place that knows which files belong to which kind. Knows no file system, so that it runs in a browser too.
 */
import { ConfigError } from "../errors.js";
import { endOfWord, makeClipTokenizer } from "./clip.js";
import { bundleMerges, bundleNormalizer, readAddedTokens, readBundle, readConfig, readMerges, readVocabJson, readVocabTxt, vocabularyOf, } from "./files.js";
import { defaultMaxWordLength, defaultPrefix, makeWordPieceTokenizer } from "./wordpiece.js";
/** What a reader of a tokenizer folder should hand over, as far as it is there. */
export const tokenizerFileNames = [
    'tokenizer_config.json',
    'special_tokens_map.json',
    'added_tokens.json',
    'vocab.json',
    'merges.txt',
    'vocab.txt',
    'tokenizer.json',
];
/** Tokenizer classes of transformers by the kind that they are. */
const kinds = {
    CLIPTokenizer: 'clip',
    BertTokenizer: 'wordpiece',
    DistilBertTokenizer: 'wordpiece',
    ElectraTokenizer: 'wordpiece',
};
/** A class that says nothing of the kind: the files decide. */
const anyKind = 'PreTrainedTokenizer';
/** Model types of tokenizer.json. */
const bundleKinds = { BPE: 'clip', WordPiece: 'wordpiece' };
const fetchAgain = 'Point to a folder with a CLIPTokenizer or a BertTokenizer, complete.';
/**
 * The tokenizer whose files these are. vocab.json with merges.txt (CLIP) or vocab.txt (WordPiece) come before
 * tokenizer.json, which serves where they are missing.
 * Throws ConfigError that names the file or setting that is missing, damaged or unknown.
 */
export function tokenizerFromFiles(files, options = {}) {
    const config = readConfig(files);
    refuseUnsupported(config);
    return kindOf(files, config) === 'clip' ? loadClip(files, config) : loadWordPiece(files, config, options);
}
function kindOf(files, config) {
    const name = config.tokenizer_class?.replace(/Fast$/, '') ?? anyKind;
    if (name !== anyKind) {
        const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
        if (kind !== undefined)
            return kind;
        throw new ConfigError(`tokenizer_config.json: the tokenizer_class ${config.tokenizer_class} is unknown.`, `Known are ${Object.keys(kinds).join(', ')}, each also as Fast.`);
    }
    if ('vocab.txt' in files)
        return 'wordpiece';
    if ('vocab.json' in files)
        return 'clip';
    if ('tokenizer.json' in files)
        return bundleKind(readBundle(files));
    throw new ConfigError('The tokenizer folder has no vocabulary: neither vocab.json with merges.txt, nor vocab.txt, nor tokenizer.json.', fetchAgain);
}
function bundleKind({ model }) {
    const type = model.type ?? (model.merges ? 'BPE' : 'WordPiece');
    const kind = Object.hasOwn(bundleKinds, type) ? bundleKinds[type] : undefined;
    if (kind === undefined) {
        throw new ConfigError(`tokenizer.json: the model type ${type} is unknown.`, fetchAgain);
    }
    return kind;
}
function loadClip(files, config) {
    const source = clipSource(files);
    const added = [...source.added, ...readAddedTokens(files, config)];
    const vocabulary = vocabularyOf(source.entries, added, source.from);
    const end = '<|endoftext|>';
    return makeClipTokenizer({
        vocabulary,
        merges: source.merges,
        special: specialTokens(config, vocabulary, added, {
            start: config.bos_token ?? '<|startoftext|>',
            end: config.eos_token ?? end,
            pad: config.pad_token ?? end,
            unknown: config.unk_token ?? end,
        }),
        maxLength: config.model_max_length ?? Number.POSITIVE_INFINITY,
    });
}
function clipSource(files) {
    if ('vocab.json' in files && 'merges.txt' in files) {
        return { from: 'vocab.json', entries: readVocabJson(files), added: [], merges: readMerges(files) };
    }
    const bundle = bundleOf(files, 'clip', 'vocab.json' in files ? 'merges.txt' : 'vocab.json');
    if (bundle.model.end_of_word_suffix !== endOfWord) {
        throw new ConfigError(`tokenizer.json: its BPE is not CLIP's: end_of_word_suffix is not ${endOfWord}.`, fetchAgain);
    }
    return { ...bundleSource(bundle), merges: bundleMerges(bundle) };
}
function loadWordPiece(files, config, options) {
    const bundle = 'vocab.txt' in files ? undefined : bundleOf(files, 'wordpiece', 'vocab.txt');
    const source = bundle
        ? bundleSource(bundle)
        : { from: 'vocab.txt', entries: readVocabTxt(files), added: [] };
    const normalizer = bundle ? bundleNormalizer(bundle) : {};
    const added = [...source.added, ...readAddedTokens(files, config)];
    const vocabulary = vocabularyOf(source.entries, added, source.from);
    return makeWordPieceTokenizer({
        vocabulary,
        special: specialTokens(config, vocabulary, added, {
            start: config.cls_token ?? '[CLS]',
            end: config.sep_token ?? '[SEP]',
            pad: config.pad_token ?? '[PAD]',
            unknown: config.unk_token ?? bundle?.model.unk_token ?? '[UNK]',
        }),
        maxLength: config.model_max_length ?? Number.POSITIVE_INFINITY,
        doLowerCase: normalizer.lowercase ?? config.do_lower_case ?? true,
        stripAccents: normalizer.strip_accents ?? config.strip_accents ?? null,
        tokenizeChineseChars: normalizer.handle_chinese_chars ?? config.tokenize_chinese_chars ?? true,
        nfc: options.nfc ?? true,
        prefix: bundle?.model.continuing_subword_prefix ?? defaultPrefix,
        maxWordLength: bundle?.model.max_input_chars_per_word ?? defaultMaxWordLength,
    });
}
function bundleOf(files, kind, missing) {
    if (!('tokenizer.json' in files)) {
        throw new ConfigError(`The tokenizer folder has neither ${missing} nor tokenizer.json.`, fetchAgain);
    }
    const bundle = readBundle(files);
    if (bundleKind(bundle) !== kind) {
        throw new ConfigError(`tokenizer.json holds a model of type ${bundle.model.type}, which is not what tokenizer_config.json names.`, fetchAgain);
    }
    return bundle;
}
function bundleSource({ model, added_tokens }) {
    return {
        from: 'tokenizer.json',
        entries: Object.entries(model.vocab),
        added: (added_tokens ?? []).map(({ content, id }) => [content, id]),
    };
}
/** The four tokens that every text needs, and whatever else is declared special and has an id. */
function specialTokens(config, vocabulary, added, four) {
    const declared = [
        config.bos_token,
        config.eos_token,
        config.mask_token ?? '[MASK]',
        ...(config.additional_special_tokens ?? []),
        ...added.map(([token]) => token),
    ];
    const others = declared.filter((token) => typeof token === 'string' && vocabulary.ids.has(token));
    return { ...four, others: others };
}
/** Settings that change the ids and that this project does not follow: better refused than ignored. */
function refuseUnsupported(config) {
    const unsupported = [
        ['padding_side', config.padding_side, config.padding_side === 'left'],
        ['truncation_side', config.truncation_side, config.truncation_side === 'left'],
        ['do_basic_tokenize', config.do_basic_tokenize, config.do_basic_tokenize === false],
        ['never_split', config.never_split, (config.never_split?.length ?? 0) > 0],
    ];
    const found = unsupported.find(([, , wrong]) => wrong);
    if (found === undefined)
        return;
    throw new ConfigError(`tokenizer_config.json: ${found[0]} ${JSON.stringify(found[1])} is not supported.`, 'Use a tokenizer with the usual settings, as Stable Diffusion v1 and klue/roberta have them.');
}
//# sourceMappingURL=load.js.map