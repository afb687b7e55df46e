/**
 * The fenced blocks of a page for people, as tests and recordings read them. The first word behind a fence is the language,
 * as renderers know it; the rest says what is done with the block:
 *
 *     sh              runs to its end, with exit code 0; `sh exit=2` with another one
 *     sh start        serves until the next `sh start`, or the end of the page
 *     sh stream       follows, and is left when it has printed what was expected
 *     sh docker       needs Docker; sh minutes: takes minutes; sh test: runs the tests. Not run, and the section says why
 *     graphql a.graphql   the file of that name; diff a.graphql: what is changed in it
 *     text            what the block above printed; `…` stands for anything within a line, alone for any lines
 *
 * `kafka` behind any of them: needs Kafka.
 */
export interface Block {
  /** The language: `sh`, `graphql`, `text`. */
  readonly language: string
  /** What stands behind it, `start`; else the empty string. */
  readonly detail: string
  readonly text: string
  /** Of the fence, counted from 1. */
  readonly line: number
  /** What is written in its section, the heading included and fenced blocks left out. */
  readonly section: string
}

/** All blocks of a page in Markdown, in their order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\S*)(?: (.*))?\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', detail = '', text = ''] = match
    const line = page.slice(0, match.index).split('\n').length
    return { language, detail, text, line, section: sectionAt(page, match.index) }
  })
}

function sectionAt(page: string, index: number): string {
  // Comments in shell look like headings: blocks go first, each replaced by as many blanks.
  const prose = page.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ' '))
  const begin = Math.max(0, ...[...prose.slice(0, index).matchAll(/^#{1,6} /gm)].map((heading) => heading.index))
  return prose.slice(begin).split(/(?<=\n)(?=#{1,6} )/)[0]!
}

/** Whether a text is what a `text` block says. */
export function isAsWritten(text: string, written: string): boolean {
  return patternOf(written).test(trimmed(text))
}

/** Whether a text holds, somewhere, what a `text` block says. */
export function holdsWritten(text: string, written: string): boolean {
  return new RegExp(patternOf(written).source, 'm').test(trimmed(text))
}

function patternOf(written: string): RegExp {
  const lines = elided(trimmed(written)).split('\n')
  const patterns = lines.map((line) =>
    line.trim() === '…'
      ? '(?:.*\n)*?.*'
      : line
          .split('…')
          .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
          .join('.*'),
  )
  return new RegExp(`^${patterns.join('\n')}$`)
}

/** What differs from run to run, by how much of it is kept: ids, cursors, moments, versions of curl. */
const PASSING = [
  /\b([\da-f]{8})-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}\b/g,
  /\b(A[A-Z][A-Za-z]ldm)[\w-]{20,}/g,
  /\b(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d\.\d{3}Z/g,
  /(curl\/)\d+(?:\.\d+)+/g,
]

/** A recorded text without what the next run would have otherwise. */
export function elided(text: string): string {
  return PASSING.reduce((rest, pattern) => rest.replace(pattern, '$1…'), text)
}

/** Blank lines around, and blanks at the ends of lines, are not to be seen. */
function trimmed(text: string): string {
  return text
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+/, '')
    .trimEnd()
}

/** A file's text after a `diff` block; throws where the lines that it takes away or keeps are not there. */
export function patched(file: string, diff: string): string {
  const lines = diff.split('\n').filter((line) => line !== '')
  const side = (sign: string) =>
    lines
      .filter((line) => line[0] === sign || line[0] === ' ')
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  const before = side('-')
  if (file.split(before).length !== 2) throw new Error(`These lines are not there, or more than once:\n${before}`)
  return file.replace(before, () => side('+'))
}
