/** What is typed into a form, as a value of an argument's type. The gateway checks it again; this makes it JSON. */
import type { Argument } from '../api/catalogue.ts'

/** `undefined`: the argument is left out. */
export function argumentValue({ type, choices }: Argument, text: string): unknown {
  if (text === '') return undefined
  if (type.isList) {
    const items = text.split('\n').filter((line) => line !== '')
    return items.map((item) => scalarValue(type.name, choices !== null, item))
  }
  return scalarValue(type.name, choices !== null, text)
}

function scalarValue(type: string, isEnum: boolean, text: string): unknown {
  if (isEnum) return text
  switch (type) {
    case 'String':
    case 'ID':
      return text
    case 'Int':
    case 'Float':
      // What is no number goes as it is: the gateway's refusal names it.
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
    case 'Boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'DateTime':
      return moment(text)
    default:
      // A scalar that only the schema knows: JSON where it is JSON, else text.
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
  }
}

/** A local date and time, as forms give it, in RFC 3339; what is none goes as it is. */
export function moment(text: string): string {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : time.toISOString()
}

/** A moment as an input of type datetime-local has it, in the reader's time zone. */
export function localMoment(ms: number): string {
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 19)
}
