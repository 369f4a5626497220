/**
 * The rules by which a row becomes a pair, as a user chooses them.
 */

export interface Rules {
  /**
   * Whose tokens must fit in 77. `original`: the teacher's, on both sides, as the original project did. `student`: the
   * teacher's in English, the student's on both sides, which is all that training and drawing need. `none`: nobody's.
   */
  readonly fit: 'original' | 'student' | 'none';
  /** How often a sentence may occur: in one pair (`either`: on each side), or only the pair itself counts (`pair`). */
  readonly unique: 'pair' | 'en' | 'ko' | 'either';
  /** Characters of English for one of Korean, at least and at most; pairs of which both sides have below 40 are not judged. */
  readonly ratio: readonly [least: number, most: number];
}

export const defaultRules: Rules = { fit: 'original', unique: 'pair', ratio: [0.5, 6] };
