/**
 * Templates such as `joined_guild:{guildName}`: literals with `{name}` between them. A template is expanded
 * to text and matched back out of text; each placeholder but the last takes the shortest text up to the
 * literal that follows it. Whether certain values survive that round trip is asked by doing it (see
 * event/encode.ts), never by rules about which characters are allowed.
 */

const NAME = /^[_A-Za-z][_0-9A-Za-z]*$/

export class Template {
  readonly text: string
  /** One more than there are names: what stands before, between and after the placeholders. */
  readonly literals: readonly string[]
  readonly names: readonly string[]

  /** Throws an Error that says what is wrong with the text. */
  constructor(text: string) {
    this.text = text
    const literals: string[] = []
    const names: string[] = []
    let rest = text
    for (let open = rest.indexOf('{'); open >= 0; open = rest.indexOf('{')) {
      const close = rest.indexOf('}', open)
      const name = rest.slice(open + 1, close < 0 ? undefined : close)
      if (close < 0 || !NAME.test(name)) throw new Error(`"${text}" has a { that begins no {name}`)
      if (names.includes(name)) throw new Error(`"${text}" holds {${name}} twice`)
      literals.push(rest.slice(0, open))
      names.push(name)
      rest = rest.slice(close + 1)
    }
    literals.push(rest)
    if (literals.some((literal) => literal.includes('}'))) throw new Error(`"${text}" has a } that ends no {name}`)
    this.literals = literals
    this.names = names
  }

  /** Whether text can be matched back: between two placeholders stands something that tells them apart. */
  get isReversible(): boolean {
    return this.literals.slice(1, -1).every((literal) => literal !== '')
  }

  /** Puts values in for the placeholders. */
  expand(textOf: (name: string) => string): string {
    let text = this.literals[0]!
    for (let i = 0; i < this.names.length; i++) text += textOf(this.names[i]!) + this.literals[i + 1]!
    return text
  }

  /** The values of the placeholders in order, or null where the text is none of this template. */
  match(text: string): string[] | null {
    const first = this.literals[0]!
    if (this.names.length === 0) return text === first ? [] : null
    const last = this.literals.at(-1)!
    if (!text.startsWith(first) || !text.endsWith(last)) return null
    const end = text.length - last.length
    const values: string[] = []
    let from = first.length
    for (let i = 1; i < this.names.length; i++) {
      const literal = this.literals[i]!
      const to = text.indexOf(literal, from)
      if (to < 0 || to + literal.length > end) return null
      values.push(text.slice(from, to))
      from = to + literal.length
    }
    if (from > end) return null
    values.push(text.slice(from, end))
    return values
  }

  /**
   * Whether some text matches both templates, so that a reader could not tell which event it is. With
   * placeholders in both, that is so exactly when their beginnings and their ends agree: then both
   * templates' middle literals can stand one after the other between them.
   */
  isConfusableWith(other: Template): boolean {
    if (this.names.length === 0) return other.match(this.text) !== null
    if (other.names.length === 0) return this.match(other.text) !== null
    const [prefix, otherPrefix] = [this.literals[0]!, other.literals[0]!]
    const [suffix, otherSuffix] = [this.literals.at(-1)!, other.literals.at(-1)!]
    return (
      (prefix.startsWith(otherPrefix) || otherPrefix.startsWith(prefix)) &&
      (suffix.endsWith(otherSuffix) || otherSuffix.endsWith(suffix))
    )
  }
}
