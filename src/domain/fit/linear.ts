/** Small symmetric systems: inverses by Gauss-Jordan with pivoting, for standard errors and logistic regression. */

/** Returns the inverse, or null where the matrix is singular or not finite. */
export function inverted(matrix: readonly (readonly number[])[]): readonly (readonly number[])[] | null {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < size; column += 1) {
    let best = column;
    for (let row = column; row < size; row += 1) {
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)) best = row;
    }
    const pivotRow = rows[best] ?? [];
    const pivot = pivotRow[column] ?? 0;
    if (!Number.isFinite(pivot) || Math.abs(pivot) < 1e-300) return null;
    rows[best] = rows[column] ?? [];
    const scaled = pivotRow.map((value) => value / pivot);
    rows[column] = scaled;
    for (let row = 0; row < size; row += 1) {
      if (row === column) continue;
      const factor = rows[row]?.[column] ?? 0;
      rows[row] = (rows[row] ?? []).map((value, index) => value - factor * (scaled[index] ?? 0));
    }
  }
  return rows.map((row) => row.slice(size));
}

/**
 * Standard errors of log-parameters: roots of the diagonal of the inverse Hessian of a negative log-likelihood, by central
 * differences of its gradient. Null where the likelihood is flat or not at a minimum.
 */
export function logStandardErrors(
  gradientAt: (point: readonly number[]) => readonly number[],
  point: readonly number[],
): readonly number[] | null {
  const step = 1e-4;
  const moved = (index: number, by: number): readonly number[] =>
    gradientAt(point.map((value, at) => (at === index ? value + by : value)));
  const columns = point.map((_, index) => {
    const [up, down] = [moved(index, step), moved(index, -step)];
    return up.map((slope, row) => (slope - (down[row] ?? 0)) / (2 * step));
  });
  const hessian = columns.map((column, i) => column.map((value, j) => (value + (columns[j]?.[i] ?? 0)) / 2));
  const variances = inverted(hessian)?.map((row, index) => row[index] ?? Number.NaN);
  return variances?.every((variance) => variance > 0) === true ? variances.map(Math.sqrt) : null;
}
