/** Figures as they are read, in Markdown. */

export function figure(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  return size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3)
}

export function table(heads: readonly string[], rows: readonly (readonly (number | string)[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const cell = (value: number | string) =>
    typeof value === 'string' ? value : Number.isInteger(value) ? value.toLocaleString('en') : figure(value)
  return [line(heads), line(heads.map(() => '---:')), ...rows.map((row) => line(row.map(cell)))].join('\n')
}
