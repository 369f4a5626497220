/**
 * What a store consists of: the names of its files.
 */
export const pairsFile = 'pairs.parquet';
export const rejectedFile = 'rejected.parquet';
export const reportFile = 'report.json';
export const reportPage = 'report.html';
/** Folder of token caches, which trainings add. */
export const tokensFolder = 'tokens';

/** The part set aside where nobody says another: the original project's. */
export const validationFraction = 0.2;
