/**
 * How far apart two sets of pictures are: the Fréchet distance of the Gaussians that fit their features
 * (Heusel et al., arXiv 1706.08500; of CLIP's features: Kynkäänniemi et al., arXiv 2203.06026).
 *
 * Pure: features in, a number out. Knows no model.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { InputError } from '../errors.ts';

export interface Gaussian {
  /** [size] */
  readonly mean: Float64Array;
  /** [size, size] */
  readonly covariance: Matrix;
}

/** Mean and covariance (over n - 1) of features, one [size] a picture. Throws InputError for fewer than two, or other sizes. */
export function gaussianOf(features: readonly Float32Array[]): Gaussian {
  const size = features[0]?.length ?? 0;
  if (features.length < 2 || features.some(({ length }) => length !== size)) {
    throw new InputError(
      `${features.length} pictures, or features of several sizes, have no covariance.`,
      'Give at least two pictures, read by one model.',
    );
  }
  const mean = new Float64Array(size);
  for (const values of features)
    for (let i = 0; i < size; i++) mean[i]! += (values[i] as number) / features.length;
  const covariance = Matrix.zeros(size, size);
  for (const values of features) {
    const centred = mean.map((middle, i) => (values[i] as number) - middle);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const product = (centred[i] as number) * (centred[j] as number);
        covariance.set(i, j, covariance.get(i, j) + product / (features.length - 1));
      }
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) covariance.set(j, i, covariance.get(i, j));
  return { mean, covariance };
}

/**
 * |a - b|² + tr(A + B - 2 (A^½ B A^½)^½), which is 0 for equal Gaussians. Where pictures are fewer than features the roots hold
 * as well: eigenvalues that rounding pushed below 0 count as 0. Throws InputError for Gaussians of different sizes.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  if (a.mean.length !== b.mean.length) {
    throw new InputError(
      `Features of ${a.mean.length} and ${b.mean.length} numbers have no distance.`,
      'Read both sets by one model.',
    );
  }
  const apart = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] as number)) ** 2, 0);
  const root = squareRoot(a.covariance);
  const shared = eigenvalues(root.mmul(b.covariance).mmul(root)).reduce(
    (sum, value) => sum + Math.sqrt(value),
    0,
  );
  return Math.max(0, apart + a.covariance.trace() + b.covariance.trace() - 2 * shared);
}

/** Of a symmetric matrix without negative eigenvalues. */
function squareRoot(matrix: Matrix): Matrix {
  const { realEigenvalues, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const scaled = vectors.clone();
  for (const [j, value] of realEigenvalues.entries()) scaled.mulColumn(j, Math.sqrt(Math.max(0, value)));
  return scaled.mmul(vectors.transpose());
}

/** Of a matrix that is symmetric but for rounding. */
function eigenvalues(matrix: Matrix): number[] {
  const symmetric = Matrix.add(matrix, matrix.transpose()).mul(0.5);
  const { realEigenvalues } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  return realEigenvalues.map((value) => Math.max(0, value));
}
